// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {vm} from "../src/Vm.sol";
import {QuorumReader} from "../src/Quorum.sol";
import {DA_SIGNERS} from "@zgd/dasigners/IDASigners.sol";

/// How a developer tests against data availability without a chain: by mocks.
contract QuorumTest {
    QuorumReader reader = new QuorumReader();

    function test_unavailableDataStaysOutside() public {
        vm.mockCall(DA_SIGNERS, abi.encodeWithSignature("isConfirmed(bytes32)", bytes32(uint256(1))), abi.encode(false));
        vm.expectRevert(abi.encodeWithSelector(QuorumReader.NotAvailable.selector, bytes32(uint256(1))));
        reader.open(bytes32(uint256(1)));
    }
}
