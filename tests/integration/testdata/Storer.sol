// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20;

import "../../../x/flow/precompile/IFlow.sol";
import "../../../x/flow/precompile/IMarket.sol";

/// @title A contract written against IFlow.sol, as a developer would
contract Storer {
    uint256 public last;
    string public why;

    receive() external payable {}

    /// @notice Enters a file in the constructor when told to.
    constructor(IFlow.SubmissionData memory s) payable {
        if (s.length > 0) (last,,,) = IFlow(FLOW).submit{value: msg.value}(s);
    }

    /// @notice Pays exactly the market's price and keeps what the caller sent too much.
    function store(IFlow.SubmissionData calldata s) external payable returns (uint256 index) {
        uint256 sectors;
        for (uint256 i = 0; i < s.nodes.length; i++) sectors += 1 << s.nodes[i].height;
        uint256 price = IMarket(IFlow(FLOW).market()).pricePerSector() * sectors;
        (index,,,) = IFlow(FLOW).submit{value: price}(s);
        last = index;
    }

    /// @notice Enters a file and then changes its mind.
    function storeAndRevert(IFlow.SubmissionData calldata s) external payable {
        IFlow(FLOW).submit{value: msg.value}(s);
        revert("changed my mind");
    }

    /// @notice Catches what the flow says.
    function attempt(IFlow.SubmissionData calldata s, uint256 value) external payable returns (bool ok) {
        try IFlow(FLOW).submit{value: value}(s) returns (uint256 index, bytes32, uint256, uint256) {
            last = index;
            return true;
        } catch Error(string memory text) {
            why = text;
        } catch (bytes memory data) {
            why = string(data);
        }
    }

    /// @notice Catches a frame that entered a file and reverted.
    function attemptAndRevert(IFlow.SubmissionData calldata s) external payable {
        try this.storeAndRevert{value: msg.value}(s) {
            revert("it should have reverted");
        } catch Error(string memory text) {
            why = text;
        }
    }

    /// @notice Prolongs an entry out of the contract's own money.
    function prolong(uint256 index, uint256 amount) external returns (uint256) {
        return IFlow(FLOW).recharge(index, amount);
    }

    function codeSize(address at) external view returns (uint256) {
        return at.code.length;
    }
}
