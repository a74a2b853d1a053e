// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20;

import "../IDASigners.sol";

/// @title An aggregate signature of a quorum, verified in Solidity
/// @notice The keys come from the chain, the pairing is Ethereum's precompile
/// 0x08: nothing of the verdict is taken on trust. The caller brings the sum of
/// the keys in G2, which is bound to that in G1 by a pairing of its own. native
/// asks the chain instead, which is shorter and cheaper.
contract QuorumSignature {
    uint256 private constant P = 21888242871839275222246405745257275088696311157297823662689037894645226208583;

    /// @notice Verify by pairings.
    /// @param seatBitmap seats whose members signed, as getAggPkG1 has it
    /// @param aggPkG2 the sum of the members' keys, real limb first
    /// @return ok whether all those members signed, with two thirds of the seats
    function verify(
        uint256 epoch,
        uint256 quorumId,
        bytes calldata seatBitmap,
        bytes calldata message,
        BN254.G2Point calldata aggPkG2,
        BN254.G1Point calldata signature
    ) external view returns (bool ok) {
        (BN254.G1Point memory aggPkG1, uint256 total, uint256 hit) =
            IDASigners(DA_SIGNERS).getAggPkG1(epoch, quorumId, seatBitmap);
        if (3 * hit < 2 * total || signature.X == 0 && signature.Y == 0 || aggPkG1.X == 0 && aggPkG1.Y == 0) return false;
        BN254.G1Point memory hash = IDASigners(DA_SIGNERS).hashToG1(message);
        // one secret in both groups: e(aggPkG1, -g2) · e(g1, aggPkG2) = 1
        // and it signed: e(signature, -g2) · e(hash, aggPkG2) = 1
        return pairs(aggPkG1, BN254.G1Point(1, 2), aggPkG2) && pairs(signature, hash, aggPkG2);
    }

    /// @notice Ask the chain for the same; the bitmap is over members.
    function native(
        uint256 epoch,
        uint256 quorumId,
        bytes calldata memberBitmap,
        bytes calldata message,
        BN254.G1Point calldata signature
    ) external view returns (bool) {
        (bool ok, uint256 hit, uint256 total) =
            IDASigners(DA_SIGNERS).verifySignature(epoch, quorumId, memberBitmap, message, signature);
        return ok && 3 * hit >= 2 * total;
    }

    /// @dev e(a, -g2) · e(b, key) = 1. False for what is not a point, too.
    function pairs(BN254.G1Point memory a, BN254.G1Point memory b, BN254.G2Point calldata key)
        private
        view
        returns (bool)
    {
        uint256[12] memory input = [
            a.X,
            a.Y,
            11559732032986387107991004021392285783925812861821192530917403151452391805634,
            10857046999023057135944570762232829481370756359578518086990519993285655852781,
            P - 4082367875863433681332203403145435568316851327593401208105741076214120093531,
            P - 8495653923123431417604973247489272438418190587263600148770280649306958101930,
            b.X,
            b.Y,
            key.X[1],
            key.X[0],
            key.Y[1],
            key.Y[0]
        ];
        (bool ok, bytes memory out) = address(8).staticcall(abi.encodePacked(input));
        return ok && out.length == 32 && abi.decode(out, (uint256)) == 1;
    }
}
