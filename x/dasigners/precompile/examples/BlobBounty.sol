// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20;

import "../IDASigners.sol";

/// @title A bounty for data that must be published
/// @notice offer: name a blob by its commitment and put a bounty on it. claim:
/// once the chain has confirmed the blob, anyone may claim; the beacon draws a
/// chunk of it. collect: the claimant shows that chunk and is paid. Whoever
/// cannot loses the bond to the bounty, so that guessing does not pay.
/// The chain's word says that two thirds of a quorum hold the blob; the chunk
/// says that the claimant can read it.
contract BlobBounty {
    uint256 public constant BLOCKS = 100; // to collect in

    struct Bounty {
        address sponsor;
        uint256 amount;
        bytes preimage; // of dataRoot
        bytes32 dataRoot;
        address claimant; // 0: none
        uint256 bond;
        uint256 deadline; // last block to collect in
        uint32 row; // drawn
        uint32 chunk;
    }

    Bounty[] private bounties;

    event Offered(uint256 indexed id, bytes32 indexed dataRoot, uint256 amount);
    event Claimed(uint256 indexed id, address indexed claimant, uint32 row, uint32 chunk, uint256 deadline);
    event Paid(uint256 indexed id, address indexed claimant, uint256 amount);

    error NotACommitment();
    error NotConfirmed(bytes32 dataRoot);
    error ClaimStands(uint256 deadline);
    error NotTheClaimant();
    error BondTooSmall(uint256 want);
    error TooLate(uint256 deadline);
    error NotTheChunk(uint32 row, uint32 chunk);
    error NotTheSponsor();

    function bounty(uint256 id) external view returns (Bounty memory) {
        return bounties[id];
    }

    /// @notice Put the value on a blob; it need not be on the chain yet.
    function offer(bytes calldata preimage) external payable returns (uint256 id) {
        if (preimage.length != 85 || rowsOf(uint8(preimage[0])) == 0 || rowSize(preimage) == 0) revert NotACommitment();
        bytes32 root = sha256(abi.encodePacked("zgd/da/blob/v1", preimage));
        id = bounties.length;
        Bounty storage b = bounties.push();
        (b.sponsor, b.amount, b.preimage, b.dataRoot) = (msg.sender, msg.value, preimage, root);
        emit Offered(id, root, msg.value);
    }

    /// @notice Claim; the value is the bond, a tenth of the bounty at least. The
    /// beacon of this block draws the chunk, which nobody knew who signed the call.
    function claim(uint256 id) external payable {
        Bounty storage b = bounties[id];
        if (!IDASigners(DA_SIGNERS).isConfirmed(b.dataRoot)) revert NotConfirmed(b.dataRoot);
        if (b.claimant != address(0) && block.number <= b.deadline) revert ClaimStands(b.deadline);
        b.amount += b.bond; // of a claim that ran out
        if (msg.value * 10 < b.amount) revert BondTooSmall((b.amount + 9) / 10);
        (bytes32 value,,) = IDASigners(DA_SIGNERS).beacon();
        uint256 drawn = uint256(keccak256(abi.encode(value, id, msg.sender)));
        uint256 chunks = (uint256(rowSize(b.preimage)) + 2047) / 2048;
        b.row = uint32((drawn >> 128) % rowsOf(uint8(b.preimage[0])));
        b.chunk = uint32(uint128(drawn) % chunks);
        (b.claimant, b.bond, b.deadline) = (msg.sender, msg.value, block.number + BLOCKS);
        emit Claimed(id, msg.sender, b.row, b.chunk, b.deadline);
    }

    /// @notice Show the chunk, with the siblings that lead to the row root.
    function collect(uint256 id, bytes calldata data, bytes32[] calldata path) external {
        Bounty storage b = bounties[id];
        if (msg.sender != b.claimant) revert NotTheClaimant();
        if (block.number > b.deadline) revert TooLate(b.deadline);
        (bool ok, bytes32 root) = IDASigners(DA_SIGNERS).verifyChunk(b.preimage, b.row, b.chunk, data, path);
        if (!ok || root != b.dataRoot) revert NotTheChunk(b.row, b.chunk);
        uint256 amount = b.amount + b.bond;
        (b.amount, b.bond, b.claimant) = (0, 0, address(0));
        emit Paid(id, msg.sender, amount);
        _send(msg.sender, amount);
    }

    /// @notice The sponsor takes the bounty back while nobody has claimed it.
    function retract(uint256 id) external {
        Bounty storage b = bounties[id];
        if (msg.sender != b.sponsor) revert NotTheSponsor();
        if (b.claimant != address(0) && block.number <= b.deadline) revert ClaimStands(b.deadline);
        uint256 amount = b.amount + b.bond;
        (b.amount, b.bond, b.claimant) = (0, 0, address(0));
        _send(msg.sender, amount);
    }

    /// @dev Rows of a profile, 0 for none that there is.
    function rowsOf(uint8 profile) private pure returns (uint256) {
        return profile == 1 ? 4096 : profile == 2 ? 3072 : profile == 3 ? 128 : profile == 4 ? 16 : 0;
    }

    /// @dev Bytes 9 to 12 of the preimage.
    function rowSize(bytes memory preimage) private pure returns (uint32) {
        return uint32(uint8(preimage[9])) << 24 | uint32(uint8(preimage[10])) << 16 | uint32(uint8(preimage[11])) << 8
            | uint32(uint8(preimage[12]));
    }

    function _send(address to, uint256 amount) private {
        (bool ok,) = to.call{value: amount}("");
        require(ok, "the receiver refuses");
    }
}
