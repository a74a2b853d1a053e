// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20;

/// @title The design that was not taken
/// @notice A contract at the public address that hands calls and value on to a
/// native contract. A test measures it; x/contract/README.md says why not.
contract Forwarder {
    address private immutable behind;

    constructor(address behind_) {
        behind = behind_;
    }

    fallback(bytes calldata data) external payable returns (bytes memory) {
        (bool ok, bytes memory ret) = behind.call{value: msg.value}(data);
        if (ok) return ret;
        assembly { revert(add(ret, 32), mload(ret)) }
    }
}
