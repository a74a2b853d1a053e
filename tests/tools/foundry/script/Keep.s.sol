// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {vm} from "../src/Vm.sol";
import {Archive} from "../src/Archive.sol";
import {FLOW} from "@zgd/flow/IFlow.sol";
import {IMarket, MARKET} from "@zgd/flow/IMarket.sol";

/// Deploys an archive and keeps two files in it. forge runs a script in an EVM
/// of its own first, which does not have the chain's contracts in code: there
/// they are mocked, and the script is sent with --skip-simulation.
contract Keep {
    function run() external returns (Archive archive) {
        vm.mockCall(MARKET, abi.encodeCall(IMarket.pricePerSector, ()), abi.encode(1 gwei));
        vm.mockCall(FLOW, abi.encodeWithSignature("submit((uint256,bytes,(bytes32,uint256)[]))"), abi.encode(1, 0, 1, 1));
        vm.startBroadcast(vm.envUint("PRIVATE_KEY"));
        archive = new Archive();
        archive.keep{value: 1 ether}(keccak256("first"));
        archive.keep{value: 1 ether}(keccak256("second"));
        vm.stopBroadcast();
    }
}
