// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20;

/// @dev Where mining lives on every zg chain.
address constant PORA = 0x0000000000000000000000000000000000001022;

/// @title Proof of Random Access
/// @notice Miners, their claims and their proofs over the main flow. The first
/// sections are the chain's own words, the last is what maps of 0G's PoraMine.
/// Positions count sectors of 256 bytes, ranges count loads of 1024 sectors.
/// The caller is the owner: what a message signs for, msg.sender does here.
/// Every refusal is an error below; its text says what was found and wanted.
interface IPora {
    /// @dev A solution of the puzzle. Its range follows from the miner's claim.
    struct Answer {
        bytes32 minerId;
        bytes32 contextDigest;
        bytes32 nonce;
        uint64 recallSector; // first sector of the 4 KiB piece
        bytes32 sealContextDigest; // context whose epoch added the piece
        bytes sealedPiece; // 4096 bytes
        bytes32[] proof; // from the piece up to the context's flow root
    }

    /// @dev A miner and its claim; the last four are 0 while it has none.
    struct Miner {
        address owner; // 0 if the account has no EVM address
        address beneficiary;
        uint64 seed;
        uint64 proofs; // accepted
        uint256 rewards; // paid or credited, base units
        bool claims;
        uint64 startLoad;
        uint32 numShard;
        uint32 shardId; // it holds loads with load % numShard == shardId
        uint64 activeFromEpoch;
    }

    /// @dev What a miner may mine now; when not open, reason says why.
    struct Work {
        bool open;
        string reason;
        uint64 epoch;
        bytes32 contextDigest;
        bytes32 flowRoot;
        uint64 flowLength; // sectors
        uint64 startLoad;
        uint64 lengthLoads;
        uint32 numShard;
        uint32 shardId;
        uint256 target; // of the miner's shard: an output at most this wins
        uint64 closeHeight; // first block that takes no proof, 0: until the next context
    }

    /// @dev An accepted proof.
    struct Proof {
        uint64 epoch;
        bytes32 minerId;
        address beneficiary;
        uint64 recallSector;
        uint256 reward; // base units
        uint64 height;
        uint64 time; // Unix seconds
        bytes32 output;
    }

    /// @notice A miner was registered.
    event NewMinerId(bytes32 indexed minerId, address indexed beneficiary);
    /// @notice Its beneficiary changed.
    event UpdateMinerId(bytes32 indexed minerId, address indexed from, address indexed to);
    /// @notice A range was claimed; it is mined from an epoch on.
    event ClaimRange(
        bytes32 indexed minerId, uint64 startLoad, uint32 numShard, uint32 shardId, uint64 activeFromEpoch
    );
    /// @notice A claim was given back.
    event ReleaseRange(bytes32 indexed minerId);
    /// @notice A proof was accepted, number epochIndex of its epoch, from 0.
    event NewSubmission(
        uint256 indexed epoch, bytes32 indexed minerId, uint256 epochIndex, uint256 recallPosition
    );

    error InvalidMessage(string reason);
    error MinerNotFound(string reason);
    error SeedUsed(string reason);
    error NotOwner(string reason);
    error ClaimExists(string reason);
    error NoClaim(string reason);
    error InvalidClaim(string reason);
    error ClaimTooYoung(string reason);
    error ClaimNotActive(string reason);
    error NoEpoch(string reason);
    error StaleContext(string reason);
    error EpochClosed(string reason);
    error WindowOver(string reason);
    error FlowTooShort(string reason);
    error RangeShort(string reason);
    error EmptyLoad(string reason);
    error WrongRecall(string reason);
    error WrongSealContext(string reason);
    error InvalidProof(string reason);
    error AboveTarget(string reason);
    error Replayed(string reason);
    error NothingToWithdraw(string reason);
    error ProofNotFound(uint64 proofId);

    // ---------------------------------------------------------------- mining

    /// @notice Register a miner of the caller's, one per seed. Its id depends on
    /// the block before, so nobody can seal data for it ahead.
    /// @param beneficiary who is paid; zero is the caller
    function registerMiner(address beneficiary, uint64 seed) external returns (bytes32 minerId);

    /// @notice Change who is paid. The owner may, and the beneficiary.
    function setBeneficiary(bytes32 minerId, address beneficiary) external;

    /// @notice Promise to hold shard shardId of numShard of the loads from
    /// startLoad on. One claim per miner; it is mined from the next epoch on.
    function claimRange(bytes32 minerId, uint64 startLoad, uint32 numShard, uint32 shardId)
        external
        returns (uint64 activeFromEpoch);

    /// @notice Give a claim back that has stood for its least time.
    function releaseRange(bytes32 minerId) external;

    /// @notice Prove and be paid: the reward goes to the miner's beneficiary,
    /// whoever brings the proof.
    function submitProof(Answer calldata answer) external returns (uint64 proofId, uint256 reward);

    /// @notice Pay the caller's refused rewards to an account.
    /// @param recipient zero is the caller
    function withdraw(address recipient) external returns (uint256 amount);

    // ----------------------------------------------------------------- views

    /// @notice A miner; reverts with MinerNotFound.
    function miner(bytes32 minerId) external view returns (Miner memory);

    /// @notice The id of an owner's miner; reverts with MinerNotFound.
    function minerOf(address owner, uint64 seed) external view returns (bytes32 minerId);

    /// @notice What a miner may mine now; reverts with MinerNotFound.
    function work(bytes32 minerId) external view returns (Work memory);

    /// @notice The running or last mining epoch; reverts with NoEpoch before the first.
    /// @return epoch its number
    /// @return openHeight the block that opened it
    /// @return closeHeight the block that closed it, 0 while it is open
    /// @return proofs accepted in it
    /// @return target an output at most this wins, for one shard of one
    function miningEpoch()
        external
        view
        returns (uint64 epoch, uint64 openHeight, uint64 closeHeight, uint32 proofs, uint256 target);

    /// @notice An accepted proof. The chain keeps the newest few thousand; the
    /// call reverts with ProofNotFound for others.
    function proof(uint64 proofId) external view returns (Proof memory);

    /// @notice How many proofs were ever accepted; the newest has this number.
    function proofCount() external view returns (uint64);

    // ------------------------------------------------ the ABI of 0G's PoraMine

    /// @dev A range in 0G's words: sectors, and a mask of the load number's upper bits.
    struct MineRange {
        uint256 startPosition;
        uint256 mineLength;
        uint64 shardId;
        uint64 shardMask;
    }

    /// @dev A solution in 0G's words. recallPosition is that of the piece.
    struct PoraAnswer {
        bytes32 contextDigest;
        bytes32 nonce;
        bytes32 minerId;
        MineRange range;
        uint256 recallPosition;
        uint256 sealOffset;
        bytes32 sealedContextDigest;
        bytes32[128] sealedData;
        bytes32[] merkleProof;
    }

    /// @notice submitProof. The puzzle is this chain's, not 0G's.
    function submit(PoraAnswer calldata answer) external;

    /// @notice registerMiner.
    function requestMinerId(address beneficiary, uint64 seed) external returns (bytes32 minerId);

    /// @notice setBeneficiary.
    function transferBeneficial(address to, bytes32 minerId) external;

    /// @notice Who is paid for a miner; zero if unknown.
    function beneficiaries(bytes32 minerId) external view returns (address);

    /// @notice Whether the mining epoch takes proofs.
    function canSubmit() external view returns (bool);

    /// @notice An output at most this wins, for one shard of one.
    function poraTarget() external view returns (uint256);

    /// @notice Proofs accepted in the running or last mining epoch.
    function currentSubmissions() external view returns (uint256);

    /// @notice The number of the running or last mining epoch, 0 before the first.
    function lastMinedEpoch() external view returns (uint256);

    /// @notice The most shards that a claim can name.
    function maxShards() external view returns (uint64);

    /// @notice The difficulty never falls below this.
    function minDifficulty() external view returns (uint256);

    /// @notice The data log.
    function flow() external view returns (address);

    /// @notice The contract that pays rewards.
    function reward() external view returns (address);
}
