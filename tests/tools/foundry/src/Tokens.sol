// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {ERC4626} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";

/// OpenZeppelin's ERC-20 with permit; the deployer holds the supply.
contract Coin is ERC20, ERC20Permit {
    constructor(string memory name, uint256 supply) ERC20(name, name) ERC20Permit(name) {
        _mint(msg.sender, supply);
    }
}

/// OpenZeppelin's ERC-721; anyone mints.
contract Nft is ERC721("Nft", "NFT") {
    function mint(address to, uint256 id) external {
        _safeMint(to, id);
    }
}

/// OpenZeppelin's ERC-4626 over any ERC-20.
contract Vault is ERC4626 {
    constructor(IERC20 asset) ERC4626(asset) ERC20("Vault", "VLT") {}
}
