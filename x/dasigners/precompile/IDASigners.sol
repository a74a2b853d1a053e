// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20;

/// @dev Where data availability lives on every zg chain.
address constant DA_SIGNERS = 0x0000000000000000000000000000000000001000;

/// @dev Points of alt_bn128, coordinates below the field's order.
library BN254 {
    /// @dev A point of G1: a signature, or half of a key.
    struct G1Point {
        uint256 X;
        uint256 Y;
    }

    /// @dev A point of G2, the other half of a key. [0] is the real limb and [1]
    /// the imaginary, as 0G's signers have it. The pairing precompile 0x08 wants
    /// the imaginary limb first: hand it X[1], X[0], Y[1], Y[0].
    struct G2Point {
        uint256[2] X;
        uint256[2] Y;
    }
}

/// @title Data availability: signers, quorums and blobs
/// @notice The ABI of 0G's DASigners on the chain's own module, and besides it
/// all that a contract may ask or do (the sections below the first). The caller
/// is the account: what a message signs for, msg.sender does here, tx.origin
/// never. Every refusal is an error below; its text says what was found and
/// wanted. Amounts are base units, 10^18 a token.
interface IDASigners {
    // ------------------------------------------------------------ 0G's words

    /// @dev A registered signer and its key.
    struct SignerDetail {
        address signer;
        string socket; // host:port of its node
        BN254.G1Point pkG1;
        BN254.G2Point pkG2;
    }

    /// @dev The parameters that 0G's have, too.
    struct Params {
        uint256 tokensPerVote; // whole tokens
        uint256 maxVotesPerSigner;
        uint256 maxQuorums; // of an epoch
        uint256 epochBlocks;
        uint256 encodedSlices; // seats of a quorum, rows of a blob
    }

    /// @notice A signer was registered.
    event NewSigner(address indexed signer, BN254.G1Point pkG1, BN254.G2Point pkG2);
    /// @notice A signer's node listens here from now on.
    event SocketUpdated(address indexed signer, string socket);

    /// @notice The parameters.
    function params() external view returns (Params memory);

    /// @notice The running epoch.
    function epochNumber() external view returns (uint256);

    /// @notice Quorums of an epoch, numbered from 0; 0 for an epoch that has none
    /// yet, or whose retention is over.
    function quorumCount(uint256 _epoch) external view returns (uint256);

    /// @notice Whether an account is a signer, one that is leaving included.
    function isSigner(address _account) external view returns (bool);

    /// @notice Signers by address, with the key that the running epoch knows them
    /// by. Reverts with SignerNotFound.
    function getSigner(address[] memory _account) external view returns (SignerDetail[] memory);

    /// @notice Who sits on each seat of a quorum. Reverts with QuorumNotFound.
    function getQuorum(uint256 _epoch, uint256 _quorumId) external view returns (address[] memory);

    /// @notice Who sits on one seat. Which row of a blob a seat holds depends on
    /// the blob: see getRowHolder.
    function getQuorumRow(uint256 _epoch, uint256 _quorumId, uint32 _rowIndex) external view returns (address);

    /// @notice Register the caller, who must be _signer.signer. The deposit is
    /// taken from its balance. _signature is over keccak256(address ‖ chain id as
    /// 32 bytes ‖ "0G_BN254_Pubkey_Registration"), mapped to G1 by 0G's try and
    /// increment. Both halves of the key are checked.
    function registerSigner(SignerDetail memory _signer, BN254.G1Point memory _signature) external;

    /// @notice Change the caller's socket.
    function updateSocket(string memory _socket) external;

    /// @notice Whether an account takes part in an epoch.
    function registeredEpoch(address _account, uint256 _epoch) external view returns (bool);

    /// @notice Take part in the next epoch. _signature is over keccak256(address ‖
    /// epoch as 8 bytes ‖ chain id as 32 bytes), mapped as above.
    function registerNextEpoch(BN254.G1Point memory _signature) external;

    /// @notice The same in the newer words of 0G: _signer must be the caller;
    /// votes follow from stake alone, whatever _votes says.
    function registerNextEpoch(address _signer, BN254.G1Point memory _signature, uint256 _votes) external;

    /// @notice Does nothing: epochs turn by themselves at the start of a block.
    function makeEpoch() external;

    /// @notice The sum of the keys of all members of whom a seat is in the bitmap,
    /// each key once. Bit i of the bitmap is byte i/8, bit i%8 from the lowest;
    /// its length is that of the seats.
    /// @return aggPkG1 the sum
    /// @return total seats of the quorum
    /// @return hit seats in the bitmap
    function getAggPkG1(uint256 _epoch, uint256 _quorumId, bytes memory _quorumBitmap)
        external
        view
        returns (BN254.G1Point memory aggPkG1, uint256 total, uint256 hit);

    // ----------------------------------------------------- epochs and quorums

    /// @dev The running epoch.
    struct Epoch {
        uint256 number;
        uint64 startHeight;
        uint64 freezeHeight; // first block that takes no registration for the next
        uint64 nextHeight; // first block of the next
        uint256 quorums;
        bytes32 seed; // that the seats were drawn by
    }

    /// @notice The running epoch and its heights.
    function currentEpoch() external view returns (Epoch memory);

    /// @notice The members of a quorum in the order that member bitmaps count
    /// them, and how many seats each has.
    function getMembers(uint256 epoch, uint256 quorumId)
        external
        view
        returns (address[] memory members, uint256[] memory seats);

    /// @notice Who holds a row of a blob of a quorum. Which seat a row falls to
    /// follows from the blob's root.
    function getRowHolder(bytes32 dataRoot, uint256 epoch, uint256 quorumId, uint32 row)
        external
        view
        returns (address holder);

    /// @notice The beacon as mixed in this block and in the one before. A
    /// proposer can give its block up to avoid a value: do not draw large prizes
    /// by the value of a known height.
    function beacon() external view returns (bytes32 value, bytes32 previous, uint64 height);

    // ---------------------------------------------------------------- signers

    /// @notice A signer's new key, and the epoch that it takes over in.
    event KeyRotated(address indexed signer, BN254.G1Point pkG1, BN254.G2Point pkG2, uint256 effectiveEpoch);
    /// @notice A signer takes part in an epoch.
    event EpochRegistered(address indexed signer, uint256 indexed epoch);
    /// @notice A signer leaves; its deposit returns after an epoch, at once for 0.
    event SignerLeft(address indexed signer, uint256 lockedUntilEpoch);
    /// @notice A deposit was filled up.
    event DepositAdded(address indexed signer, uint256 amount, uint256 deposit);
    /// @notice Rewards were paid out.
    event RewardsClaimed(address indexed account, address indexed recipient, uint256 amount);

    /// @dev What the module knows of a signer besides its key.
    struct SignerState {
        uint256 keyId; // 1 for the first key
        uint256 activationEpoch; // first epoch that it can take part in
        uint256 jailedUntilEpoch; // exclusive
        bool tombstoned;
        bool leaving;
        uint256 deposit;
        uint256 lockedUntilEpoch;
    }

    /// @notice The state of a signer. Reverts with SignerNotFound.
    function signerState(address account) external view returns (SignerState memory);

    /// @notice Replace the caller's key two epochs from now; possession is signed
    /// as for registerSigner.
    /// @return effectiveEpoch first epoch of the new key
    function rotateKey(BN254.G1Point memory pkG1, BN254.G2Point memory pkG2, BN254.G1Point memory possession)
        external
        returns (uint256 effectiveEpoch);

    /// @notice Leave. The deposit returns when everything that the caller may
    /// have signed is past retention.
    /// @return lockedUntilEpoch 0: it has returned
    function unregisterSigner() external returns (uint256 lockedUntilEpoch);

    /// @notice Fill the caller's deposit up by the value.
    /// @return total deposit after it
    function deposit() external payable returns (uint256 total);

    /// @notice Fill it up from the caller's balance.
    function deposit(uint256 amount) external returns (uint256 total);

    /// @notice What an account may claim.
    function rewards(address account) external view returns (uint256);

    /// @notice Pay the caller's rewards to recipient, to the caller for zero.
    function claimRewards(address recipient) external returns (uint256 amount);

    // ------------------------------------------------------------------ blobs

    enum Status {
        Unknown,
        Submitted,
        Confirmed,
        Lapsed
    }

    /// @dev The record of a blob. Records stay for a few epochs; after them the
    /// confirmed root of its block says that it was confirmed.
    struct Blob {
        uint64 blobId; // from 1
        bytes32 dataRoot;
        uint64 dataLen; // bytes of payload
        uint8 profile;
        uint256 epoch;
        uint256 quorumId;
        address submitter;
        uint64 submitHeight;
        uint64 deadlineHeight; // last block that may confirm it
        uint64 confirmHeight; // 0 until confirmed
        Status status;
        uint256 fee;
        bytes32 storageRoot; // of the payload as a file, 0: not for the log
        uint256 storageEndowment; // of its log entry
        uint256 submissionIndex; // of its log entry (IFlow), 0: none, or none yet
    }

    /// @dev Where a blob stands under the confirmed root of a block.
    struct ConfirmedProof {
        uint64 height; // of the block that confirmed it
        uint64 blobId;
        uint256 epoch;
        uint256 quorumId;
        uint32 index; // among the blobs of that block, ascending by id
        bytes32[] path; // siblings, bottom up
    }

    /// @notice Blobs were ordered: ids from firstBlobId, one a root.
    event BlobsSubmitted(
        address indexed submitter,
        uint64 indexed firstBlobId,
        uint256 epoch,
        uint256 quorumId,
        uint8 profile,
        bytes32[] dataRoots,
        uint64[] dataLens,
        uint256 fee,
        uint256 endowment
    );
    /// @notice Blobs were confirmed; those that had been before are left out.
    event BlobsConfirmed(
        uint256 indexed epoch, uint256 indexed quorumId, uint64[] blobIds, uint256 hitSeats, uint256 totalSeats
    );

    /// @notice What ordering a blob costs now, and the shape it must have.
    /// @return fee base units
    /// @return profile of the present epoch
    /// @return rowSize bytes
    /// @return endowment on top, to enter the payload into the log; 0: it takes none now
    function quote(uint64 dataLen)
        external
        view
        returns (uint256 fee, uint8 profile, uint32 rowSize, uint256 endowment);

    /// @notice Order blobs of one quorum, drawn by this block's beacon. The value
    /// is the most that may be paid; what the fee leaves stays with the caller.
    /// @param profile shape of the present epoch, see quote
    /// @param dataRoots one a blob
    /// @param dataLens bytes of payload, one a blob
    function submitBlobs(uint8 profile, bytes32[] memory dataRoots, uint64[] memory dataLens)
        external
        payable
        returns (uint64 firstBlobId, uint256 epoch, uint256 quorumId, uint256 fee);

    /// @notice The same, paid from the caller's balance, at most maxFee.
    function submitBlobs(uint8 profile, bytes32[] memory dataRoots, uint64[] memory dataLens, uint256 maxFee)
        external
        returns (uint64 firstBlobId, uint256 epoch, uint256 quorumId, uint256 fee);

    /// @notice The same for the value, and each payload enters the log (IFlow) once
    /// its blob is confirmed; the value pays for both.
    /// @param storageNodes for each blob in turn the roots of its subtrees in the
    /// log, as many as the padded file has (IFlow.SubmissionNode), highest first
    function submitBlobs(
        uint8 profile,
        bytes32[] memory dataRoots,
        uint64[] memory dataLens,
        bytes32[] memory storageNodes
    )
        external
        payable
        returns (uint64 firstBlobId, uint256 epoch, uint256 quorumId, uint256 fee, uint256 endowment);

    /// @notice Confirm blobs of one quorum by the aggregate signature of members
    /// with two thirds of its seats. Anyone may.
    /// @param blobIds ascending
    /// @param memberBitmap over getMembers, bit m of byte m/8 from the lowest
    /// @param signature the sum of the members' signatures over the batch
    /// @return confirmed blobs that were not confirmed before
    /// @return hitSeats seats of the members that signed
    /// @return totalSeats seats of the quorum
    function confirmBatch(uint64[] memory blobIds, bytes memory memberBitmap, BN254.G1Point memory signature)
        external
        returns (uint256 confirmed, uint256 hitSeats, uint256 totalSeats);

    /// @notice A recent blob by id. Reverts with BlobNotFound.
    function getBlob(uint64 blobId) external view returns (Blob memory);

    /// @notice The newest recent blob with a root that is confirmed, else the
    /// newest. Reverts with BlobNotFound.
    function getBlob(bytes32 dataRoot) external view returns (Blob memory);

    /// @notice The newest recent blob of an account with a root: several may order
    /// the same root. Reverts with BlobNotFound.
    function getBlob(bytes32 dataRoot, address submitter) external view returns (Blob memory);

    /// @notice Whether a recent blob with a root is confirmed. False, too, once
    /// its record is gone: then use the form with a proof.
    function isConfirmed(bytes32 dataRoot) external view returns (bool);

    /// @notice Whether a blob was confirmed, for as long as the chain keeps the
    /// confirmed root of its block. It is there from the next block on.
    function isConfirmed(bytes32 dataRoot, ConfirmedProof memory proof) external view returns (bool);

    /// @notice The root over the blobs that a block confirmed, over leaves
    /// sha256(0x00 ‖ u64 blobId ‖ dataRoot ‖ u64 epoch ‖ u32 quorumId), and how
    /// many they are; 0 for a block that confirmed none, or whose root is gone.
    function confirmedRoot(uint64 height) external view returns (bytes32 root, uint32 blobs, uint256 epoch);

    // --------------------------------------------------------------- promises

    /// @dev A chunk of a row, 2048 bytes but for a row's last.
    struct Chunk {
        uint32 row;
        uint32 index;
        bytes data;
        bytes32[] path; // siblings inside the row, then those of the row, bottom up
    }

    /// @dev A batch that members of a quorum signed, and a blob's place in it.
    struct Attestation {
        bytes32 batchRoot;
        uint32 batchCount;
        uint32 batchIndex;
        bytes32[] batchPath; // from the blob's leaf, bottom up
        bytes memberBitmap;
        BN254.G1Point signature;
    }

    /// @dev The running round of sampling; the first three are 0G's.
    struct SampleTask {
        bytes32 sampleHash; // the seed
        uint256 podasTarget; // a quality at most this wins
        uint64 restSubmissions; // that the round still takes
        uint64 round;
        uint64 nextHeight; // first block of the next
        uint256 reward; // of the next that wins
        uint256 firstEpoch; // whose blobs may be sampled
    }

    /// @dev An open challenge.
    struct Challenge {
        uint64 challengeId;
        address challenger;
        address signer;
        uint64 blobId;
        bytes32 dataRoot;
        uint256 epoch;
        uint256 quorumId;
        uint32 row;
        uint32 chunk;
        uint64 deadlineHeight; // last block of an answer
        uint256 bond;
    }

    /// @notice A chunk won; its holder may claim the reward.
    event SampleRewarded(
        address indexed holder, bytes32 indexed dataRoot, uint64 round, uint32 row, uint32 chunk, uint256 reward
    );
    /// @notice A signer was asked to show a chunk.
    event ChallengeOpened(
        uint64 indexed challengeId, address indexed signer, address indexed challenger, bytes32 dataRoot, uint64 deadlineHeight
    );
    /// @notice The chunk was shown; the bond is the signer's.
    event ChallengeAnswered(uint64 indexed challengeId, address indexed signer);
    /// @notice A signer lost its deposit, and stake if it operates a validator.
    event SignerPunished(address indexed signer, uint256 slashed, uint256 validatorSlashed);

    /// @notice The running round.
    function sampleTask() external view returns (SampleTask memory);

    /// @notice Bring a chunk that wins in this round; its holder is paid, whoever
    /// brings it. x/dasigners/erasure/SPEC.md says what a chunk's quality is;
    /// the blob was confirmed before the round began.
    /// @param blob empty, or only an id, for recent blobs
    function submitSample(bytes memory preimage, Chunk memory chunk, ConfirmedProof memory blob)
        external
        returns (address holder, uint256 reward);

    /// @notice Ask the holder of a row, who signed for it, to show a chunk here. A
    /// bond and the base fee of a blob are taken from the caller's balance; the
    /// bond returns if the signer does not answer.
    /// @param blob empty, or only an id, for recent blobs
    /// @param attestation batchCount 0: the record says who signed
    function openChallenge(
        bytes memory preimage,
        uint32 row,
        uint32 chunk,
        ConfirmedProof memory blob,
        Attestation memory attestation
    ) external returns (uint64 challengeId, address signer, uint64 deadlineHeight);

    /// @notice Show the chunk; anyone may, the signer gets the bond.
    function answerChallenge(uint64 challengeId, bytes memory preimage, Chunk memory chunk) external;

    /// @notice An open challenge. Reverts with ChallengeNotFound.
    function getChallenge(uint64 challengeId) external view returns (Challenge memory);

    /// @notice Show that a row contradicts the coding although its holder signed
    /// the blob: the holder loses its deposit and is shut out.
    /// @param rowPath siblings of the row, bottom up
    /// @param combinations 16 bytes for each data row, as committed to
    function submitFalseAttestation(
        bytes memory preimage,
        uint32 row,
        bytes memory rowData,
        bytes32[] memory rowPath,
        bytes memory combinations,
        uint256 epoch,
        uint256 quorumId,
        uint64 blobId,
        Attestation memory attestation
    ) external returns (address signer, uint256 slashed, uint256 validatorSlashed);

    // ----------------------------------------------------------- verification

    /// @notice Whether data is a chunk of a row of the blob that a preimage names.
    /// Reads no state: that the blob is available is what isConfirmed says of the
    /// root returned. Chunks are 2048 bytes, the last of a row may be shorter.
    /// @param preimage 85 bytes: u8 profile ‖ u64 chain ‖ u32 rowSize ‖ u64 dataLen ‖ rowRoot ‖ rlcRoot
    /// @param path siblings inside the row, then those of the row, bottom up
    /// @return ok whether it is
    /// @return dataRoot the blob's root, 0 if not ok
    function verifyChunk(bytes memory preimage, uint32 row, uint32 chunk, bytes memory data, bytes32[] memory path)
        external
        view
        returns (bool ok, bytes32 dataRoot);

    /// @notice Whether members of a quorum signed a message for the use that
    /// batches have. Whether the seats are enough is for the caller to judge;
    /// the chain wants 3 * hitSeats >= 2 * totalSeats. Reverts with QuorumNotFound,
    /// InvalidBitmap or InvalidPoint.
    /// @return ok whether the signature is that of all members in the bitmap
    function verifySignature(
        uint256 epoch,
        uint256 quorumId,
        bytes memory memberBitmap,
        bytes memory message,
        BN254.G1Point memory signature
    ) external view returns (bool ok, uint256 hitSeats, uint256 totalSeats);

    /// @notice What members sign for a batch: "zgd/da/sign/v1" ‖ u64 chain id ‖ u64
    /// epoch ‖ u32 quorumId ‖ u32 count ‖ root, the root over leaves sha256(0x00 ‖
    /// dataRoot ‖ u64 blobId), ascending by id.
    function batchMessage(uint256 epoch, uint256 quorumId, bytes32[] memory dataRoots, uint64[] memory blobIds)
        external
        view
        returns (bytes memory message);

    /// @notice The point that signers multiply for a message: RFC 9380, suite
    /// BN254G1_XMD:SHA-256_SVDW_RO, under the tag of batches. With getAggPkG1 and
    /// the pairing precompile 0x08 a contract verifies a signature by itself.
    function hashToG1(bytes memory message) external view returns (BN254.G1Point memory);

    // ----------------------------------------------------------------- errors

    /// @notice The caller is not the signer that the call names.
    error NotTheSigner(address signer, address caller);
    error InvalidMessage(string text);
    error InvalidKey(string text);
    error InvalidPoint(string text);
    error KeyUsed(string text);
    error InvalidSignature(string text);
    error SignerExists(string text);
    error SignerNotFound(string text);
    error SignerJailed(string text);
    error SignerLeaving(string text);
    error DepositTooSmall(string text);
    error NoVotes(string text);
    error RegistrationClosed(string text);
    error AlreadyRegistered(string text);
    error EpochFull(string text);
    error NoQuorum(string text);
    error QuorumNotFound(string text);
    error WrongProfile(string text);
    error EmptyBlob(string text);
    error BlobTooLarge(string text);
    error DuplicateBlob(string text);
    error FeeTooHigh(string text);
    error BlobNotFound(string text);
    error BlobLapsed(string text);
    error MixedBatch(string text);
    error InvalidBitmap(string text);
    error TooFewSeats(string text);
    error NothingToConfirm(string text);
    error NoRewards(string text);
    error NotAvailable(string text);
    error RoundFull(string text);
    error SampledTwice(string text);
    error NoWin(string text);
    error NotConfirmed(string text);
    error PromiseOver(string text);
    error ChunkMismatch(string text);
    error NotSigned(string text);
    error NoDeposit(string text);
    error AlreadyChallenged(string text);
    error ChallengeLimit(string text);
    error ChallengeNotFound(string text);
    error ChallengeOver(string text);
    error NoFault(string text);
}
