// The page's only script: the newest block, the faucet's form, copy buttons and
// the wallet. It asks this server and the EVM RPC, nobody else.
"use strict";

const network = JSON.parse(document.getElementById("network").textContent);
const byId = (id) => document.getElementById(id);

// rpc asks the EVM RPC directly: the node's CORS policy must let this page in.
async function rpc(method, params = []) {
  const response = await fetch(network.rpc, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  const answer = await response.json();
  if (answer.error) throw new Error(answer.error.message);
  return answer.result;
}

async function showBlock() {
  const pill = byId("head");
  try {
    const text = "block " + Number(await rpc("eth_blockNumber")).toLocaleString("en");
    const isNew = byId("block").textContent !== text;
    byId("block").textContent = text;
    pill.className = isNew ? "pill live" : pill.className;
    if (isNew) requestAnimationFrame(() => pill.classList.add("tick"));
  } catch {
    byId("block").textContent = "node does not answer";
    pill.className = "pill dead";
  }
  setTimeout(showBlock, 1000);
}

function say(text, kind = "muted") {
  byId("answer").textContent = text;
  byId("answer").className = kind;
}

const zg = (azg) => (Number(BigInt(azg) / 10n ** 14n) / 1e4).toLocaleString("en", { maximumFractionDigits: 4 }) + " zg";

async function give(event) {
  event.preventDefault();
  const button = event.target.querySelector("button");
  button.disabled = true;
  say("sending…");
  try {
    const response = await fetch("/faucet", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ address: byId("address").value.trim() }),
    });
    const answer = await response.json();
    if (answer.error) throw new Error(answer.error.message);
    const when = answer.height ? "in block " + answer.height : "sent, its block is not seen yet";
    say(`${answer.amount} ${when}. Transaction ${answer.tx_hash}`, "good");
    const balance = await rpc("eth_getBalance", [answer.evm_address, "latest"]);
    byId("answer").textContent += `; ${answer.evm_address} has ${zg(balance)}.`;
  } catch (error) {
    say(error.message, "bad");
  }
  button.disabled = false;
}

// copyable makes every data-copy element a copy button, for the mouse and by a
// small button beside it for the keyboard.
function copyable(element) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "copy";
  button.setAttribute("aria-label", "copy " + element.textContent.slice(0, 60));
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(element.textContent);
    } catch { // no permission: select it, for the user's own copy
      return getSelection().selectAllChildren(element);
    }
    for (const e of [element, button]) e.classList.add("copied");
    button.textContent = "copied";
    setTimeout(() => {
      for (const e of [element, button]) e.classList.remove("copied");
      button.textContent = "copy";
    }, 1200);
  };
  element.addEventListener("click", copy);
  button.addEventListener("click", copy);
  if (element.tagName !== "PRE") element.after(button);
}

// addToWallet asks an EIP-1193 wallet for EIP-3085's wallet_addEthereumChain.
async function addToWallet() {
  const button = byId("wallet");
  if (!window.ethereum) {
    button.textContent = "No wallet in this browser";
    return;
  }
  try {
    await window.ethereum.request({
      method: "wallet_addEthereumChain",
      params: [{
        chainId: network.chainId, chainName: network.chainName, rpcUrls: [network.rpc],
        nativeCurrency: { name: "zg", symbol: "zg", decimals: 18 },
      }],
    });
    button.textContent = "Added";
  } catch (error) {
    button.textContent = error.code === 4001 ? "Not added" : String(error.message).slice(0, 60);
  }
}

byId("faucet").addEventListener("submit", give);
byId("wallet").addEventListener("click", addToWallet);
document.querySelectorAll("[data-copy]").forEach(copyable);
showBlock();
