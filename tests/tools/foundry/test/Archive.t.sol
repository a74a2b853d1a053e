// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {vm} from "../src/Vm.sol";
import {Archive} from "../src/Archive.sol";
import {FLOW} from "@zgd/flow/IFlow.sol";
import {IMarket, MARKET} from "@zgd/flow/IMarket.sol";

/// How a developer tests against the flow without a chain: by mocks.
contract ArchiveTest {
    Archive archive = new Archive();

    receive() external payable {}

    function setUp() public {
        vm.mockCall(MARKET, abi.encodeCall(IMarket.pricePerSector, ()), abi.encode(100));
        vm.mockCall(FLOW, abi.encodeWithSignature("submit((uint256,bytes,(bytes32,uint256)[]))"), abi.encode(7, 0, 1, 1));
        vm.deal(address(this), 1 ether);
    }

    function test_whatIsTooMuchComesBack() public {
        require(archive.keep{value: 1 ether}(keccak256("x")) == 7, "index");
        require(address(this).balance == 1 ether - 100, "refund");
        require(archive.kept(0) == 7, "kept");
    }
}
