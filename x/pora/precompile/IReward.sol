// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20;

/// @dev Where rewards live on every zg chain.
address constant REWARD = 0x0000000000000000000000000000000000001023;

/// @title Rewards of mining
/// @notice What maps of 0G's ChunkReward. A proof pays what the reward window of
/// its load has accrued, at once, to the miner's beneficiary. Only where the
/// chain refuses that account does the reward wait here.
interface IReward {
    /// @notice A proof was paid; pricingIndex is the number of the reward window.
    event DistributeReward(
        uint256 indexed pricingIndex, address indexed beneficiary, bytes32 indexed minerId, uint256 amount
    );
    /// @notice Waiting rewards were paid out.
    event Withdrawn(address indexed payee, uint256 weiAmount);

    error NothingToWithdraw(string reason);

    /// @notice Rewards of a beneficiary that wait to be withdrawn, base units.
    function payments(address dest) external view returns (uint256);

    /// @notice Pay a beneficiary its waiting rewards. Anyone may call; to name
    /// another recipient the beneficiary calls withdraw of IPora.
    function withdrawPayments(address payee) external;

    /// @notice What a proof over a load (256 KiB) would pay now, base units.
    function accrued(uint64 load) external view returns (uint256);

    /// @notice Loads that share one reward window.
    function windowLoads() external view returns (uint64);

    /// @notice The contract that takes proofs.
    function mine() external view returns (address);

    /// @notice The contract whose entries pay.
    function market() external view returns (address);
}
