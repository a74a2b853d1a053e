// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

interface IToken {
    function transfer(address to, uint256 value) external returns (bool);
    function transferFrom(address from, address to, uint256 value) external returns (bool);
}

/// @title A pool of two tokens that keeps the product of its reserves, fee 0.3 %.
/// @notice A swap is what a benchmark calls "Uniswap": two token transfers, two
/// reserves written, one event. There is one provider of liquidity and no share token.
contract Pool {
    IToken public immutable token0;
    IToken public immutable token1;
    uint112 public reserve0;
    uint112 public reserve1;

    event Swap(address indexed sender, bool zeroForOne, uint256 amountIn, uint256 amountOut);

    constructor(IToken a, IToken b) {
        token0 = a;
        token1 = b;
    }

    /// Adds liquidity; the caller has approved both tokens.
    function add(uint112 amount0, uint112 amount1) external {
        require(token0.transferFrom(msg.sender, address(this), amount0), "token0");
        require(token1.transferFrom(msg.sender, address(this), amount1), "token1");
        reserve0 += amount0;
        reserve1 += amount1;
    }

    /// Takes amountIn of one token and gives the other; out * (in reserve + in after
    /// fee) = out reserve * in after fee.
    function swap(bool zeroForOne, uint256 amountIn, uint256 minOut) external returns (uint256 amountOut) {
        (uint256 rIn, uint256 rOut) = zeroForOne ? (reserve0, reserve1) : (reserve1, reserve0);
        uint256 afterFee = amountIn * 997;
        amountOut = (afterFee * rOut) / (rIn * 1000 + afterFee);
        require(amountOut >= minOut, "price");
        (IToken tIn, IToken tOut) = zeroForOne ? (token0, token1) : (token1, token0);
        require(tIn.transferFrom(msg.sender, address(this), amountIn), "in");
        require(tOut.transfer(msg.sender, amountOut), "out");
        (rIn, rOut) = (rIn + amountIn, rOut - amountOut);
        (reserve0, reserve1) = zeroForOne ? (uint112(rIn), uint112(rOut)) : (uint112(rOut), uint112(rIn));
        emit Swap(msg.sender, zeroForOne, amountIn, amountOut);
    }
}
