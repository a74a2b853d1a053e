// What the scripts of this folder share: the network, an account, the SDK that
// is asked for, and the data rule of all vectors.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ethers } from 'ethers';

console.log = console.error; // the SDKs talk; standard output is for results
export const say = (line) => process.stdout.write(line + '\n');

export const network = JSON.parse(readFileSync(process.env.ZG_NETWORK, 'utf8'));
export const asked = JSON.parse(process.argv[2]);

// sdk is the unmodified package; `neu` is the one of the foundation.
export const neu = asked.sdk === '@0gfoundation/0g-ts-sdk';
export const sdk = await import(asked.sdk);

// signer is the devnet account of a name, on the EVM's JSON-RPC.
export function signer(name = asked.account) {
  const account = network.accounts.find((a) => a.name === name);
  if (!account) throw new Error(`the network has no account ${name}`);
  const key = readFileSync(account.private_key_file, 'utf8').trim();
  // ethers repeats an answer for 250 ms, longer than our blocks: a nonce would be an old one
  const provider = new ethers.JsonRpcProvider(network.evm_rpc, undefined, { polling: true, pollingInterval: 200, cacheTimeout: -1 });
  return new ethers.Wallet(key.startsWith('0x') ? key : '0x' + key, provider);
}

// content is byte[i] = ((i + shift) * 7 + 3) mod 251; another shift, another file.
export function content(size, shift) {
  const data = Buffer.allocUnsafe(size);
  for (let i = 0; i < size; i++) data[i] = ((i + shift) * 7 + 3) % 251;
  return data;
}

const folder = mkdtempSync(join(tmpdir(), 'zg-clients-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
export const path = (name) => join(folder, name);

// fileOf makes the SDK's file of some content.
export async function fileOf(size, shift) {
  const name = path(`in-${size}-${shift}`);
  writeFileSync(name, content(size, shift));
  return sdk.ZgFile.fromFilePath(name);
}

// same compares a file with the content that was stored.
export function same(name, size, shift) {
  const got = readFileSync(name);
  if (!got.equals(content(size, shift))) throw new Error(`${size} bytes came back as ${got.length} others`);
}

// options are the SDK's own defaults; the old one has none for all its ways in.
// taskSize is segments per request.
export function options(more = {}) {
  const taskSize = asked.taskSize ? { taskSize: asked.taskSize } : {};
  if (neu) return { ...taskSize, ...more };
  return { tags: '0x', finalityRequired: true, taskSize: 10, expectedReplica: 1, skipTx: false, fee: 0n, ...taskSize, ...more };
}

export function fail(err) {
  if (err) throw err instanceof Error ? err : new Error(String(err));
}

// run ends the process with 1 and the reason if a check fails.
export async function run(checks) {
  try {
    await checks();
    process.exit(0);
  } catch (e) {
    say(`FAILED ${e.stack ?? e}`);
    process.exit(1);
  }
}
