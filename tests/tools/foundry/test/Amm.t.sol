// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {vm} from "../src/Vm.sol";
import {Amm} from "../src/Amm.sol";
import {Coin, Vault} from "../src/Tokens.sol";

/// forge's own tests and fuzzer over the project's contracts.
contract AmmTest {
    Coin a = new Coin("A", 1e30);
    Coin b = new Coin("B", 1e30);
    Amm amm = new Amm(a, b);

    function setUp() public {
        a.approve(address(amm), type(uint256).max);
        b.approve(address(amm), type(uint256).max);
        amm.add(1e24, 4e24);
    }

    function testFuzz_productNeverFalls(bool zeroForOne, uint96 amountIn) public {
        uint256 before = amm.product();
        amm.swap(zeroForOne, amountIn, 0);
        require(amm.product() >= before, "the pool lost");
    }

    function test_minimumIsKept() public {
        vm.expectRevert(abi.encodeWithSelector(Amm.TooLittleOut.selector, 3987, 5000));
        amm.swap(true, 1000, 5000);
    }

    function testFuzz_vaultGivesBackAtMostWhatCameIn(uint96 assets) public {
        Vault vault = new Vault(a);
        a.approve(address(vault), assets);
        uint256 shares = vault.deposit(assets, address(this));
        require(vault.redeem(shares, address(this), address(this)) <= assets, "out of nothing");
    }
}
