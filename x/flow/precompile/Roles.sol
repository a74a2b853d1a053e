// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20;

/// @title Roles as OpenZeppelin's AccessControlEnumerable shows them
/// @notice The one holder of every role is the account of the chain's
/// governance, and the set is fixed: parameters change by proposal. Functions
/// that would change something revert for every caller.
interface IAccessControl {
    /// @notice The caller lacks a role. Here: nobody but governance has any.
    error AccessControlUnauthorizedAccount(address account, bytes32 neededRole);
    /// @notice The contract is part of the chain and was never in need of it.
    error InvalidInitialization();

    /// @return 32 zero bytes
    function DEFAULT_ADMIN_ROLE() external view returns (bytes32);

    /// @notice Whether an account has a role; unknown roles have no holder.
    function hasRole(bytes32 role, address account) external view returns (bool);

    /// @notice The role that grants a role: always DEFAULT_ADMIN_ROLE.
    function getRoleAdmin(bytes32 role) external view returns (bytes32);

    /// @notice Holder number index of a role; reverts beyond the last.
    function getRoleMember(bytes32 role, uint256 index) external view returns (address);

    /// @notice 1 for a role of this contract, 0 for any other.
    function getRoleMemberCount(bytes32 role) external view returns (uint256);

    /// @notice Reverts with AccessControlUnauthorizedAccount.
    function grantRole(bytes32 role, address account) external;

    /// @notice Reverts with AccessControlUnauthorizedAccount.
    function revokeRole(bytes32 role, address account) external;

    /// @notice Reverts with AccessControlUnauthorizedAccount.
    function renounceRole(bytes32 role, address callerConfirmation) external;

    /// @notice ERC-165: itself, IAccessControl and IAccessControlEnumerable.
    function supportsInterface(bytes4 interfaceId) external view returns (bool);
}
