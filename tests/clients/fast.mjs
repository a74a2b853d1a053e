// The fast way of files up to 256 KiB: the data goes to the node before its
// transaction is in a block. {sdk, account, url, sizes, shift}
import { asked, content, fail, fileOf, path, run, same, say, sdk, signer, neu } from './sdk.mjs';
import { ethers } from 'ethers';

const sleep = (ms) => new Promise((r) => setTimeout(r, ms));

async function segmentOf(file, tree, data) {
  const padded = Buffer.alloc(Math.ceil(data.length / 256) * 256);
  data.copy(padded);
  return { root: tree.rootHash(), data: ethers.encodeBase64(padded), index: 0, proof: tree.proofAt(0), fileSize: file.size() };
}

await run(async () => {
  const wallet = signer();
  const node = new sdk.StorageNode(asked.url);
  const flow = sdk.getFlowContract((await node.getStatus()).networkIdentity.flowAddress, wallet);
  const market = new ethers.Contract(await flow.market(), ['function pricePerSector() view returns (uint256)'], wallet);
  const price = await market.pricePerSector();
  for (const size of asked.sizes) {
    const file = await fileOf(size, asked.shift);
    const [tree, err] = await file.merkleTree();
    fail(err);
    const answer = await node.uploadSegments([await segmentOf(file, tree, content(size, asked.shift))]);
    if (answer !== 0) throw new Error(`upload ahead of the transaction answers ${answer}, want 0`);
    const [submission, refused] = await file.createSubmission('0x', wallet.address);
    fail(refused);
    const nodes = neu ? submission.data.nodes : submission.nodes;
    const sectors = nodes.reduce((sum, n) => sum + 2n ** BigInt(n.height), 0n);
    const sent = await flow.getFunction('submit').send(submission, { value: sectors * price });
    const receipt = await sent.wait();
    const began = Date.now();
    let info = null;
    while (!info?.finalized) {
      if (Date.now() - began > 10_000) throw new Error(`not finalized 10 s after its block: ${JSON.stringify(info)}`);
      info = await node.getFileInfo(tree.rootHash(), true);
      await sleep(5);
    }
    const name = path(`fast-${size}`);
    fail(await new sdk.Downloader([node]).downloadFile(tree.rootHash(), name, true));
    same(name, size, asked.shift);
    await file.close();
    say(`ok ${size} bytes: finalized ${Date.now() - began} ms after the receipt of block ${receipt.blockNumber}`);
  }
});
