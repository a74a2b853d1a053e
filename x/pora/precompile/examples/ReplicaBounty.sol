// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20;

import "../../../flow/precompile/IFlow.sol";
import "../IPora.sol";
import "../verify/IStorageVerify.sol";

/// @title A bounty for data that too few miners hold
/// @notice offer: put a bounty on an entry. alarm: whoever sees that one of its
/// sectors has too few replicas says so. collect: a miner that claims the sector
/// after the alarm, and has proven under that claim, is paid. A claim alone is a
/// promise; the proof shows that there is a store behind it.
contract ReplicaBounty {
    uint256 public constant RANGE_LOADS = 1 << 25; // that a claim reaches over, a shard: 8 TiB

    struct Bounty {
        address sponsor;
        uint256 amount;
        uint256 first; // sectors of the entry, [first, end)
        uint256 end;
        uint256 least; // replicas wanted
        uint256 sector; // that had fewer, 0: no alarm
        uint256 epoch; // of the alarm
    }

    Bounty[] public bounties;

    event Offered(uint256 indexed id, uint256 indexed entry, uint256 least, uint256 amount);
    event Alarm(uint256 indexed id, uint256 sector, uint256 replicas, uint256 epoch);
    event Paid(uint256 indexed id, bytes32 indexed minerId, address to, uint256 amount);

    error NothingOffered();
    error NotOfTheEntry(uint256 sector);
    error EnoughReplicas(uint256 replicas);
    error TooFewReplicas(uint256 replicas);
    error NoAlarm();
    error AlarmStands();
    error NotTheSponsor();
    error NotHeldBy(bytes32 minerId);

    /// @notice Put the value on an entry that should have so many replicas.
    function offer(uint256 entry, uint256 least) external payable returns (uint256 id) {
        if (msg.value == 0 || least == 0) revert NothingOffered();
        IFlow.Entry memory e = IFlow(FLOW).entry(entry); // reverts if unknown
        id = bounties.length;
        bounties.push(Bounty(msg.sender, msg.value, e.startIndex, e.startIndex + e.sectors, least, 0, 0));
        emit Offered(id, entry, least, msg.value);
    }

    /// @notice Show that a sector of the entry has too few replicas.
    function alarm(uint256 id, uint256 sector) external {
        Bounty storage b = bounties[id];
        if (b.sector != 0) revert AlarmStands();
        if (sector < b.first || sector >= b.end) revert NotOfTheEntry(sector);
        uint256 replicas = IStorageVerify(STORAGE_VERIFY).replicas(sector);
        if (replicas >= b.least || b.amount == 0) revert EnoughReplicas(replicas);
        (b.sector, b.epoch) = (sector, IFlow(FLOW).epoch());
        emit Alarm(id, sector, replicas, b.epoch);
    }

    /// @notice Be paid for holding the sector since the alarm: proofId is a proof
    /// under a claim that was made after it. The miner's beneficiary is paid.
    function collect(uint256 id, uint64 proofId) external {
        Bounty storage b = bounties[id];
        if (b.sector == 0 || b.amount == 0) revert NoAlarm();
        IPora.Proof memory p = IPora(PORA).proof(proofId); // reverts if unknown
        IPora.Miner memory m = IPora(PORA).miner(p.minerId);
        uint256 load = b.sector / 1024;
        bool holds = m.claims && load >= m.startLoad && load - m.startLoad < RANGE_LOADS * m.numShard;
        if (!holds || load % m.numShard != m.shardId || m.activeFromEpoch <= b.epoch || p.epoch < m.activeFromEpoch) revert NotHeldBy(p.minerId);
        uint256 amount = b.amount;
        (b.amount, b.sector) = (0, 0);
        emit Paid(id, p.minerId, p.beneficiary, amount);
        _send(p.beneficiary, amount);
    }

    /// @notice Take an alarm back once there are enough replicas.
    function clear(uint256 id) external {
        Bounty storage b = bounties[id];
        if (b.sector == 0) revert NoAlarm();
        uint256 replicas = IStorageVerify(STORAGE_VERIFY).replicas(b.sector);
        if (replicas < b.least) revert TooFewReplicas(replicas);
        b.sector = 0;
    }

    /// @notice The sponsor takes the bounty back while no alarm stands.
    function retract(uint256 id) external {
        Bounty storage b = bounties[id];
        if (msg.sender != b.sponsor) revert NotTheSponsor();
        if (b.sector != 0) revert AlarmStands();
        uint256 amount = b.amount;
        b.amount = 0;
        _send(msg.sender, amount);
    }

    function _send(address to, uint256 amount) private {
        (bool ok,) = to.call{value: amount}("");
        require(ok, "the receiver refuses");
    }
}
