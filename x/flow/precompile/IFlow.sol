// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20;

import "./Roles.sol";

/// @dev Where the main flow lives on every zg chain.
address constant FLOW = 0x0000000000000000000000000000000000001020;

/// @title The data log
/// @notice The ABI of 0G's FixedPriceFlow on the chain's own storage module,
/// and a few functions besides (the last section). Positions and lengths count
/// sectors of 256 bytes; sector 0 holds no data. Entries are numbered from 1.
interface IFlow is IAccessControl {
    /// @dev The root of an aligned subtree of 2^height sectors.
    struct SubmissionNode {
        bytes32 root;
        uint256 height;
    }

    /// @dev One file: its size in bytes, free tags, and the subtrees that cover
    /// its padded sectors, heights strictly decreasing, at most 4.
    struct SubmissionData {
        uint256 length;
        bytes tags;
        SubmissionNode[] nodes;
    }

    /// @dev A file that becomes the entry of submitter, whoever pays.
    struct Submission {
        SubmissionData data;
        address submitter;
    }

    /// @dev The snapshot that miners search against.
    struct MineContext {
        uint256 epoch;
        uint256 mineStart; // block
        bytes32 flowRoot;
        uint256 flowLength; // sectors
        bytes32 blockDigest;
        bytes32 digest; // keccak256(abi.encode(blockDigest, flowRoot, flowLength))
    }

    /// @dev The sectors that an epoch added, end exclusive.
    struct EpochRange {
        uint128 start;
        uint128 end;
    }

    /// @dev An epoch's sectors and the digest of its context.
    struct EpochRangeWithContextDigest {
        uint128 start;
        uint128 end;
        bytes32 digest;
    }

    /// @dev An entry and what becomes of its endowment (base units, Unix seconds).
    struct Entry {
        uint256 submissionIndex;
        address submitter;
        bytes32 root; // of the file
        uint256 length; // bytes
        uint256 startIndex; // sectors
        uint256 sectors; // paid for
        uint256 unitPrice; // per sector and period
        uint256 endTime;
        uint256 endowment; // all that was ever paid in
        uint256 paid; // to miners
        uint256 accrued; // released and not yet paid
    }

    /// @notice A submission was entered. sender is msg.sender, or the submitter
    /// where one is named; length is in sectors; identity is the hash of the
    /// node roots, not the file's root.
    event Submit(
        address indexed sender,
        bytes32 indexed identity,
        uint256 submissionIndex,
        uint256 startPos,
        uint256 length,
        SubmissionData submission
    );

    /// @notice An entry's time was prolonged.
    event Recharge(address indexed sender, uint256 indexed submissionIndex, uint256 amount, uint256 endTime);

    /// @notice The value is below price * amount, where amount is in sectors.
    error NotEnoughFee(uint256 price, uint256 amount, uint256 paid);
    /// @notice Submissions and recharges are paused by governance.
    error EnforcedPause();
    /// @notice There is no such entry.
    error UnknownEntry(uint256 submissionIndex);
    /// @notice The entry's time and its grace are over, submit the file again.
    error EntryExpired(uint256 submissionIndex, uint256 endTime);

    // ------------------------------------------------------------ submissions

    /// @notice Enter a file; the value is its endowment. It buys one storage
    /// period at value / sectors each; what the division leaves stays with the
    /// caller. Reverts with NotEnoughFee, EnforcedPause, or Error("Invalid
    /// submission: ...") that says what is wrong.
    /// @return index number of the entry
    /// @return digest the identity of event Submit
    /// @return startIndex first sector
    /// @return length sectors
    function submit(SubmissionData calldata submission)
        external
        payable
        returns (uint256 index, bytes32 digest, uint256 startIndex, uint256 length);

    /// @notice Enter a file for a submitter other than the caller, who pays.
    function submit(Submission calldata submission)
        external
        payable
        returns (uint256 index, bytes32 digest, uint256 startIndex, uint256 length);

    /// @notice Enter several files, all or none. The value is split by sectors:
    /// every file gets the same price per sector.
    function batchSubmit(SubmissionData[] calldata submissions)
        external
        payable
        returns (
            uint256[] memory indexes, bytes32[] memory digests, uint256[] memory startIndexes, uint256[] memory lengths
        );

    /// @notice Enter several files for their submitters, all or none.
    function batchSubmit(Submission[] calldata submissions)
        external
        payable
        returns (
            uint256[] memory indexes, bytes32[] memory digests, uint256[] memory startIndexes, uint256[] memory lengths
        );

    // --------------------------------------------------------------- contexts

    /// @notice The newest context; all zero before the first epoch is over.
    function getContext() external view returns (MineContext memory);

    /// @notice The same. Contexts open by themselves at the start of a block.
    function makeContextWithResult() external returns (MineContext memory);

    /// @notice Does nothing: contexts open by themselves.
    function makeContext() external;

    /// @notice Does nothing: contexts open by themselves.
    function makeContextFixedTimes(uint256 cnt) external;

    /// @notice The sectors added by the epoch of a context; zeros if unknown.
    function getEpochRange(bytes32 digest) external view returns (EpochRange memory);

    /// @notice The sectors added by epoch index + 1. Epochs that added nothing
    /// are forgotten after a while; the call then reverts.
    function getEpochRangeHistory(uint256 index) external view returns (EpochRangeWithContextDigest memory);

    /// @notice The epoch that added a sector; reverts if none has yet.
    function queryContextAtPosition(uint128 targetPosition)
        external
        view
        returns (EpochRangeWithContextDigest memory range);

    // ------------------------------------------------------------------ state

    /// @notice The contract that names the price.
    function market() external view returns (address);

    /// @notice The flow's root with that entry as its last; zero if unknown.
    function getFlowRootByTxSeq(uint256 txSeq) external view returns (bytes32);

    /// @notice The flow's root now.
    function computeFlowRoot() external view returns (bytes32);

    /// @notice How many entries there are.
    function numSubmissions() external view returns (uint256);

    /// @notice The number that the next entry gets.
    function submissionIndex() external view returns (uint256);

    /// @notice The flow's length in sectors and the levels of its tree.
    function tree() external view returns (uint256 currentLength, uint256 unstagedHeight);

    /// @notice The number of the newest context, 0 before the first.
    function epoch() external view returns (uint256);

    /// @notice The flow's length at the newest context.
    function epochStartPosition() external view returns (uint256);

    /// @notice The next epoch begins behind block firstBlock + (epoch + 1) * blocksPerEpoch.
    function firstBlock() external view returns (uint256);

    /// @notice The distance of epochs.
    function blocksPerEpoch() external view returns (uint256);

    /// @return always 0
    function deployDelay() external view returns (uint256);

    /// @notice Where to ask contains, at and available: this contract.
    function rootHistory() external view returns (address);

    /// @notice Whether a root was the flow's after one of the last 1000 entries.
    function contains(bytes32 root) external view returns (bool);

    /// @notice The flow's root with that entry as its last; reverts if unknown.
    function at(uint256 index) external view returns (bytes32);

    /// @notice Whether `at` answers. Roots are kept for ever.
    function available(uint256 index) external view returns (bool);

    // ------------------------------------------------------------------ roles

    /// @notice Whether governance has paused submissions.
    function paused() external view returns (bool);

    /// @return keccak256("PAUSER_ROLE")
    function PAUSER_ROLE() external view returns (bytes32);

    /// @notice Reverts with AccessControlUnauthorizedAccount.
    function pause() external;

    /// @notice Reverts with AccessControlUnauthorizedAccount.
    function unpause() external;

    /// @notice Reverts with InvalidInitialization.
    function initialize(address market_, uint256 deployDelay_) external;

    /// @notice Reverts with InvalidInitialization.
    function setParams(uint256 blocksPerEpoch_, uint256 deployDelay_, address market_) external;

    // ------------------------------------------------- beyond the ABI of 0G

    /// @notice Prolong an entry by value / (unit price * sectors) periods.
    /// Anyone may. All of the value is taken.
    /// @return endTime when it ends now, Unix seconds
    function recharge(uint256 submissionIndex_) external payable returns (uint256 endTime);

    /// @notice The same with an amount taken from the caller's balance.
    function recharge(uint256 submissionIndex_, uint256 amount) external returns (uint256 endTime);

    /// @notice An entry and the state of its rewards; reverts with UnknownEntry.
    function entry(uint256 submissionIndex_) external view returns (Entry memory);
}
