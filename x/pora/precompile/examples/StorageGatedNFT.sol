// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20;

import "@openzeppelin/contracts/token/ERC721/ERC721.sol";

import "../../../flow/precompile/IFlow.sol";
import "../verify/IStorageVerify.sol";

/// @title A token for everyone who is in a stored file
/// @notice The list of who may mint is an entry of the chain's storage, of any
/// length; the contract keeps its root only. Sector i of the file (256 bytes)
/// begins with the 20 bytes of the address that may mint token i; the other
/// bytes are free, say for what the token shows. To mint, bring the sector and
/// its siblings: those within its segment of 256 KiB by hashing the segment, the
/// rest as any storage node serves them with the segment.
contract StorageGatedNFT is ERC721 {
    uint256 private constant SECTOR = 256; // bytes

    /// @notice The file, as its submitter declared it. Root and size come from
    /// one entry: together they fix what every position holds.
    bytes32 public immutable root;
    uint256 public immutable size;

    /// @notice The sector that a token was minted with, by its hash.
    mapping(uint256 id => bytes32) public sectorHash;

    error NotASector(uint256 length);
    error NotInTheFile(uint256 id);
    error NotYours(address owner);

    constructor(uint256 entry) ERC721("Storage gated", "GATE") {
        IFlow.Entry memory e = IFlow(FLOW).entry(entry); // reverts if unknown
        (root, size) = (e.root, e.length);
    }

    /// @notice Mint token id to the caller, whom sector id of the file names.
    function mint(uint256 id, bytes calldata sector, bytes32[] calldata proof) external {
        if (sector.length != SECTOR) revert NotASector(sector.length);
        address owner = address(bytes20(sector[:20]));
        if (owner != msg.sender) revert NotYours(owner);
        if (id > size || !IStorageVerify(STORAGE_VERIFY).inclusion(root, size, id * SECTOR, sector, proof)) {
            revert NotInTheFile(id);
        }
        sectorHash[id] = keccak256(sector);
        _mint(msg.sender, id); // reverts if it exists
    }
}
