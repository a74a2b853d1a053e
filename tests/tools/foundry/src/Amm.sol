// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

/// A constant-product pair, x·y = k, with a fee of 0.3 % that stays in the pool.
contract Amm is ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    event Swap(address indexed trader, bool zeroForOne, uint256 amountIn, uint256 amountOut);

    error TooLittleOut(uint256 got, uint256 want);
    error NotAPair(address token);

    IERC20 public immutable token0;
    IERC20 public immutable token1;

    constructor(IERC20 a, IERC20 b) {
        if (address(a) == address(b)) revert NotAPair(address(a));
        (token0, token1) = (a, b);
    }

    function add(uint256 amount0, uint256 amount1) external nonReentrant {
        token0.safeTransferFrom(msg.sender, address(this), amount0);
        token1.safeTransferFrom(msg.sender, address(this), amount1);
    }

    function swap(bool zeroForOne, uint256 amountIn, uint256 minOut) external nonReentrant returns (uint256 out) {
        (IERC20 input, IERC20 output) = zeroForOne ? (token0, token1) : (token1, token0);
        uint256 x = input.balanceOf(address(this));
        uint256 y = output.balanceOf(address(this));
        uint256 paid = amountIn * 997;
        out = paid * y / (x * 1000 + paid);
        if (out < minOut) revert TooLittleOut(out, minOut);
        input.safeTransferFrom(msg.sender, address(this), amountIn);
        output.safeTransfer(msg.sender, out);
        emit Swap(msg.sender, zeroForOne, amountIn, out);
    }

    function product() external view returns (uint256) {
        return token0.balanceOf(address(this)) * token1.balanceOf(address(this));
    }
}
