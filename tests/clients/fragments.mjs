// A file in several entries: the new SDK cuts what is longer than fragmentSize
// and sends a transaction for each. {sdk, account, url, sizes, shift, fragmentSize}
import { asked, fail, fileOf, network, options, path, run, same, say, sdk, signer } from './sdk.mjs';

await run(async () => {
  const wallet = signer();
  const nodes = [new sdk.StorageNode(asked.url)];
  const flow = sdk.getFlowContract((await nodes[0].getStatus()).networkIdentity.flowAddress, wallet);
  for (const size of asked.sizes) {
    const file = await fileOf(size, asked.shift);
    const uploader = new sdk.Uploader(nodes, network.evm_rpc, flow);
    const [result, err] = await uploader.splitableUpload(file, options({ fragmentSize: asked.fragmentSize }));
    fail(err);
    const want = Math.ceil(size / asked.fragmentSize);
    if (result.rootHashes.length !== want) throw new Error(`${result.rootHashes.length} fragments, want ${want}`);
    const name = path(`fragments-${size}`);
    fail(await new sdk.Downloader(nodes).download(result.rootHashes, name, true));
    same(name, size, asked.shift);
    await file.close();
    say(`ok ${size} bytes in ${want} fragments`);
  }
});
