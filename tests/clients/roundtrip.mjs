// Stores files of the sizes asked for and reads them back with proof, through an
// indexer or straight from one node. {sdk, account, url, way, sizes, shift, taskSize, times}
import { asked, fail, fileOf, network, options, path, run, same, say, sdk, signer } from './sdk.mjs';

async function upload(file, wallet) {
  if (asked.way === 'indexer') {
    const [result, err] = await new sdk.Indexer(asked.url).upload(file, network.evm_rpc, wallet, options());
    fail(err);
    return result;
  }
  const node = new sdk.StorageNode(asked.url);
  const status = await node.getStatus();
  const flow = sdk.getFlowContract(status.networkIdentity.flowAddress, wallet);
  const [result, err] = await new sdk.Uploader([node], network.evm_rpc, flow).uploadFile(file, options());
  fail(err);
  return result;
}

async function download(root, name) {
  if (asked.way === 'indexer') return fail(await new sdk.Indexer(asked.url).download(root, name, true));
  fail(await new sdk.Downloader([new sdk.StorageNode(asked.url)]).downloadFile(root, name, true));
}

await run(async () => {
  const wallet = signer();
  for (const size of asked.sizes) {
    for (let time = 1; time <= (asked.times ?? 1); time++) {
      const file = await fileOf(size, asked.shift);
      let began = Date.now();
      const { rootHash } = await upload(file, wallet);
      const uploaded = Date.now() - began;
      await file.close();
      const name = path(`out-${size}-${time}`);
      began = Date.now();
      await download(rootHash, name);
      same(name, size, asked.shift);
      say(`ok ${size} bytes, time ${time}: up ${uploaded} ms, down ${Date.now() - began} ms, ${rootHash}`);
    }
  }
});
