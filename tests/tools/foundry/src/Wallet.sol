// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";
import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

/// A wallet of several owners behind a proxy, as Safe is one: anybody may bring
/// a call that enough owners have signed. Signatures come in the order of owners.
contract Wallet is UUPSUpgradeable {
    error NotEnough(uint256 got, uint256 want);
    error Failed(bytes reason);
    error OnlySelf();
    error AlreadySet();

    uint256 public nonce;
    uint256 public threshold;
    address[] public owners;

    function setUp(address[] calldata list, uint256 want) external {
        if (threshold != 0) revert AlreadySet();
        (owners, threshold) = (list, want);
    }

    receive() external payable {}

    function digest(address to, uint256 value, bytes calldata data, uint256 n) public view returns (bytes32) {
        return MessageHashUtils.toEthSignedMessageHash(
            keccak256(abi.encode(block.chainid, address(this), to, value, data, n))
        );
    }

    function exec(address to, uint256 value, bytes calldata data, bytes[] calldata signatures) external {
        bytes32 hash = digest(to, value, data, nonce++);
        uint256 valid;
        uint256 next;
        for (uint256 i = 0; i < owners.length && next < signatures.length; i++) {
            if (ECDSA.recover(hash, signatures[next]) == owners[i]) (valid, next) = (valid + 1, next + 1);
        }
        if (valid < threshold) revert NotEnough(valid, threshold);
        (bool ok, bytes memory reason) = to.call{value: value}(data);
        if (!ok) revert Failed(reason);
    }

    function _authorizeUpgrade(address) internal view override {
        if (msg.sender != address(this)) revert OnlySelf();
    }
}

/// The second version, to upgrade to.
contract WalletV2 is Wallet {
    function version() external pure returns (uint256) {
        return 2;
    }
}

/// Makes wallets: full proxies that can be upgraded, and minimal clones.
contract WalletFactory {
    event Made(address wallet);

    address public immutable implementation = address(new Wallet());

    function proxy(address[] calldata owners, uint256 threshold) external returns (address made) {
        made = address(new ERC1967Proxy(implementation, abi.encodeCall(Wallet.setUp, (owners, threshold))));
        emit Made(made);
    }

    function clone(address[] calldata owners, uint256 threshold, bytes32 salt) external returns (address made) {
        made = Clones.cloneDeterministic(implementation, salt);
        Wallet(payable(made)).setUp(owners, threshold);
        emit Made(made);
    }

    function predict(bytes32 salt) external view returns (address) {
        return Clones.predictDeterministicAddress(implementation, salt);
    }
}
