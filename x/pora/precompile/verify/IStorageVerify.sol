// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20;

/// @dev Where proofs about stored data are checked on every zg chain.
address constant STORAGE_VERIFY = 0x0000000000000000000000000000000000001024;

/// @title What a contract can know about stored data
/// @notice Checks that bytes lie in a file or in the flow, and counts replicas.
///
/// A leaf is 256 * 2^h bytes, h from 0 to 10: a sector, a piece of 4 KiB, up to
/// a whole segment of 256 KiB. It starts at a multiple of its own length and lies
/// in the padded file; the end of a file is filled with zeros up to whole
/// sectors. A proof is the sibling hashes from the leaf to the root, bottom up:
/// Keccak-256 trees without prefixes, an odd last node moves up unchanged.
///
/// The inclusion functions answer false for whatever does not verify, and revert
/// only where a name (an entry, an epoch) is unknown.
interface IStorageVerify {
    error UnknownEntry(uint256 submissionIndex);
    error UnknownContext(uint256 epoch);

    /// @notice Whether leaf lies at byte offset of the file with a root and size.
    /// Root and size belong together: the shape of the tree, and with it the
    /// meaning of offset, follows from size. Take both from one source.
    function inclusion(bytes32 root, uint256 size, uint256 offset, bytes calldata leaf, bytes32[] calldata proof)
        external
        view
        returns (bool);

    /// @notice Whether leaf lies at byte offset of an entry of the main flow,
    /// with the root and the size that its submitter declared.
    function entryInclusion(uint256 submissionIndex, uint256 offset, bytes calldata leaf, bytes32[] calldata proof)
        external
        view
        returns (bool);

    /// @notice The same for a segment that the caller knows by its root only.
    /// @param index of the segment, 256 KiB each
    function segmentInclusion(bytes32 root, uint256 size, uint256 index, bytes32 segmentRoot, bytes32[] calldata proof)
        external
        view
        returns (bool);

    /// @notice Whether leaf lies at a sector of a flow of that root and length.
    /// Sector 0 holds no data: a leaf that covers it is not included.
    function flowInclusion(
        bytes32 flowRoot,
        uint256 flowLength,
        uint256 sector,
        bytes calldata leaf,
        bytes32[] calldata proof
    ) external view returns (bool);

    /// @notice The same against the context of an epoch, 0 for the newest.
    function contextInclusion(uint256 epoch, uint256 sector, bytes calldata leaf, bytes32[] calldata proof)
        external
        view
        returns (bool);

    /// @notice The flow as an epoch's context fixed it, 0 for the newest.
    /// @return number of the epoch
    /// @return flowRoot root of the flow
    /// @return flowLength in sectors
    /// @return digest what miners' searches depend on
    function contextRoot(uint256 epoch)
        external
        view
        returns (uint256 number, bytes32 flowRoot, uint256 flowLength, bytes32 digest);

    /// @notice How many claims of miners promise to hold a sector of the main
    /// flow now; 0 past its end. A promise is not a proof: see IPora for those.
    function replicas(uint256 sector) external view returns (uint256);
}
