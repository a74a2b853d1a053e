// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// One function for each thing a tool must show its user.
contract Probe {
    event Ping(address indexed from, uint256 indexed number, string text);

    error Refused(address who, uint256 code, string why);

    uint256 public stored; // slot 0
    mapping(address => uint256) public seen; // slot 1

    constructor() payable {}

    function ping(uint256 times) external payable {
        for (uint256 i = 0; i < times; i++) emit Ping(msg.sender, i, "ping");
    }

    function store(uint256 value) external {
        stored = value;
        seen[msg.sender]++;
    }

    function refuse() external view {
        revert Refused(msg.sender, 7, "as asked");
    }

    function requireNo() external pure {
        require(false, "plain reason");
    }

    function divide(uint256 a, uint256 b) external pure returns (uint256) {
        return a / b; // Panic(0x12) by zero
    }

    function bare() external pure {
        assembly ("memory-safe") {
            revert(0, 0)
        }
    }

    function burnGas() external pure {
        assembly ("memory-safe") {
            invalid()
        }
    }

    function keepForNow(uint256 value) external returns (uint256 back) {
        assembly ("memory-safe") {
            tstore(1, value)
            back := tload(1)
        }
    }

    function keptUntilNow() external view returns (uint256 back) {
        assembly ("memory-safe") {
            back := tload(1)
        }
    }

    function blockFacts() external view returns (uint256, uint256, uint256, uint256, address, uint256) {
        return (block.number, block.timestamp, block.chainid, block.basefee, block.coinbase, block.gaslimit);
    }
}

/// Code that an account borrows by EIP-7702.
contract Delegate {
    event Ran(address self, address sender);

    struct Call {
        address to;
        uint256 value;
        bytes data;
    }

    function run(Call[] calldata calls) external payable {
        for (uint256 i = 0; i < calls.length; i++) {
            (bool ok,) = calls[i].to.call{value: calls[i].value}(calls[i].data);
            require(ok, "inner call failed");
        }
        emit Ran(address(this), msg.sender);
    }
}
