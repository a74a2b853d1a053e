// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IFlow, FLOW} from "@zgd/flow/IFlow.sol";
import {IMarket, MARKET} from "@zgd/flow/IMarket.sol";

/// A contract that pays for storage: it keeps what it entered, gives back what
/// was too much, and survives a refusal of the flow.
contract Archive {
    event Kept(uint256 indexed index, bytes32 root, uint256 paid);
    event NotKept(bytes reason);

    uint256[] public kept;

    function price(uint256 sectors) public view returns (uint256) {
        return IMarket(MARKET).pricePerSector() * sectors;
    }

    /// Enters one sector of 256 bytes by its root.
    function keep(bytes32 root) public payable returns (uint256 index) {
        uint256 cost = price(1);
        (index,,,) = IFlow(FLOW).submit{value: cost}(one(root));
        kept.push(index);
        emit Kept(index, root, cost);
        payable(msg.sender).transfer(msg.value - cost);
    }

    /// The same with a word too little, caught: nothing is kept, the value stays.
    function tryKeepForTooLittle(bytes32 root) external payable {
        uint256 cost = price(1);
        try IFlow(FLOW).submit{value: cost - 1}(one(root)) {
            revert("the flow took too little");
        } catch (bytes memory reason) {
            emit NotKept(reason);
        }
        payable(msg.sender).transfer(msg.value);
    }

    function one(bytes32 root) internal pure returns (IFlow.SubmissionData memory data) {
        data.length = 256;
        data.nodes = new IFlow.SubmissionNode[](1);
        data.nodes[0] = IFlow.SubmissionNode(root, 0);
    }
}
