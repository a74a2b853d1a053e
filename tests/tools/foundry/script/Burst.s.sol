// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {vm} from "../src/Vm.sol";
import {Amm} from "../src/Amm.sol";
import {Coin} from "../src/Tokens.sol";

/// What a deployment script does: more than twenty transactions of one account,
/// sent at once with consecutive nonces.
contract Burst {
    function run() external {
        uint256 key = vm.envUint("PRIVATE_KEY");
        vm.startBroadcast(key);
        Coin a = new Coin("A", 1e30);
        Coin b = new Coin("B", 1e30);
        Amm amm = new Amm(a, b);
        a.approve(address(amm), type(uint256).max);
        b.approve(address(amm), type(uint256).max);
        amm.add(1e24, 4e24);
        for (uint256 i = 1; i <= 18; i++) amm.swap(i % 2 == 0, 1e18 * i, 0);
        vm.stopBroadcast();
        require(a.balanceOf(address(amm)) > 0, "nothing happened");
    }
}
