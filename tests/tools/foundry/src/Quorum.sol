// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IDASigners, DA_SIGNERS} from "@zgd/dasigners/IDASigners.sol";

/// A contract that looks at the quorum, and one door that opens only when a blob
/// is available.
contract QuorumReader {
    event Opened(bytes32 indexed dataRoot, uint64 blobId);

    error NotAvailable(bytes32 dataRoot);

    function look(uint256 epoch_, uint256 quorumId)
        external
        view
        returns (uint256 epoch, uint256 quorums, uint256 seats, address first, string memory socket)
    {
        IDASigners da = IDASigners(DA_SIGNERS);
        address[] memory quorum = da.getQuorum(epoch_, quorumId);
        address[] memory who = new address[](1);
        who[0] = first = quorum[0];
        return (da.epochNumber(), da.quorumCount(epoch_), quorum.length, first, da.getSigner(who)[0].socket);
    }

    /// As a rollup takes a batch: by its root, once the chain says it is there.
    function open(bytes32 dataRoot) external {
        if (!IDASigners(DA_SIGNERS).isConfirmed(dataRoot)) revert NotAvailable(dataRoot);
        emit Opened(dataRoot, IDASigners(DA_SIGNERS).getBlob(dataRoot).blobId);
    }
}
