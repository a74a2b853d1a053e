// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20;

import "./Roles.sol";

/// @dev Where the market lives on every zg chain.
address constant MARKET = 0x0000000000000000000000000000000000001021;

/// @title The price of storage
/// @notice What clients of 0G storage ask before they submit.
interface IMarket is IAccessControl {
    /// @notice The least price of one sector (256 bytes) for one storage period,
    /// in the base unit of the native token. A submission of n sectors costs at
    /// least n times this.
    function pricePerSector() external view returns (uint256);

    /// @notice The contract that takes submissions.
    function flow() external view returns (address);

    /// @notice The contract that pays rewards.
    function reward() external view returns (address);

    /// @return keccak256("PARAMS_ADMIN_ROLE")
    function PARAMS_ADMIN_ROLE() external view returns (bytes32);

    /// @notice Reverts with AccessControlUnauthorizedAccount: the price is a
    /// parameter of governance.
    function setPricePerSector(uint256 pricePerSector_) external;

    /// @notice Reverts with AccessControlUnauthorizedAccount: the flow charges.
    function chargeFee(uint256 beforeLength, uint256 uploadSectors, uint256 paddingSectors) external;

    /// @notice Reverts with InvalidInitialization.
    function initialize(uint256 pricePerSector_, address flow_, address reward_) external;
}
