// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20;

/// @title A contract that does what it is told
/// @notice Tests build trees of calls: the data of an operation can be a call of
/// another puppet with operations of its own.
contract Puppet {
    struct Op {
        uint8 kind;
        address to;
        uint256 value;
        uint256 gas; // 0: all there is
        bytes data;
    }

    uint8 constant MUST = 0; // call, hand a failure on
    uint8 constant TRY = 1; // call, note how it ended
    uint8 constant STATIC = 2;
    uint8 constant DELEGATE = 3;
    uint8 constant CALLCODE = 4;
    uint8 constant CREATE = 5; // data is creation code
    uint8 constant STORE = 6; // count up
    uint8 constant HOLDS = 7; // log the balance of to, as the EVM sees it
    uint8 constant SIZE = 8; // log the code size of to
    uint8 constant REVERT = 9; // with data
    uint8 constant INVALID = 10;

    uint256 public counter;

    event Did(uint8 kind, bool ok, bytes ret);
    event Holds(address indexed who, uint256 amount);
    event Size(address indexed who, uint256 bytes_);

    constructor(Op[] memory ops) payable {
        _run(ops);
    }

    receive() external payable {}

    function run(Op[] memory ops) external payable {
        _run(ops);
    }

    function _run(Op[] memory ops) private {
        for (uint256 i = 0; i < ops.length; i++) {
            Op memory op = ops[i];
            if (op.kind <= CREATE) _call(op);
            else if (op.kind == STORE) counter++;
            else if (op.kind == HOLDS) emit Holds(op.to, op.to.balance);
            else if (op.kind == SIZE) emit Size(op.to, op.to.code.length);
            else if (op.kind == REVERT) _revert(op.data);
            else assembly { invalid() }
        }
    }

    function _call(Op memory op) private {
        uint256 limit = op.gas == 0 ? gasleft() : op.gas;
        address to = op.to;
        uint256 value = op.value;
        bytes memory data = op.data;
        bool ok;
        bytes memory ret;
        if (op.kind == STATIC) (ok, ret) = to.staticcall{gas: limit}(data);
        else if (op.kind == DELEGATE) (ok, ret) = to.delegatecall{gas: limit}(data);
        else if (op.kind == CALLCODE) assembly { ok := callcode(limit, to, value, add(data, 32), mload(data), 0, 0) }
        else if (op.kind == CREATE) assembly { ok := gt(create(value, add(data, 32), mload(data)), 0) }
        else (ok, ret) = to.call{value: value, gas: limit}(data);
        if (!ok && op.kind == MUST) _revert(ret);
        if (op.kind != MUST) emit Did(op.kind, ok, ret);
    }

    function _revert(bytes memory why) private pure {
        assembly { revert(add(why, 32), mload(why)) }
    }
}
