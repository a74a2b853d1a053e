// The light sampler for pages and for Node. wasm_exec.js of the Go release that
// built the module has to be loaded before; README.md has a page.

const maxAnswer = 8192 // bytes; nothing of a blob is longer

// load starts the module, given as bytes or by its URL. Once is enough.
export async function load(module) {
  if (globalThis.zgSample) return
  const bytes = ArrayBuffer.isView(module) || module instanceof ArrayBuffer ? module : await (await fetch(module)).arrayBuffer()
  const go = new globalThis.Go()
  const { instance } = await WebAssembly.instantiate(bytes, go.importObject)
  go.run(instance).then(() => { delete globalThis.zgSample }) // it ends with the page
}

// sample promises the verdict on the blob with a root: {root, shown, confidence,
// asked, samples, failed, bytes, reasons, rows, dataRows, size, evmChainId}.
// options: root, doors (base URLs of dispersers, each asked first in turn), and if
// wanted confidence, maxSamples, timeout (ms), progress(verdict). A blob that is
// not shown is a verdict, not a rejection.
export function sample({ doors, timeout = 10_000, ...options }) {
  if (!Array.isArray(doors) || doors.length === 0) return Promise.reject(new Error('doors: want base URLs of dispersers'))
  const base = doors.map((door) => String(door).replace(/\/+$/, '') + '/blobs/0x' + String(options.root).replace(/^0x/, ''))
  let turn = Math.floor(Math.random() * doors.length)
  const ask = async (path) => {
    const first = turn++
    const until = Date.now() + timeout
    let last
    for (let i = 0; i < base.length; i++) {
      const left = Math.max(1, Math.floor((until - Date.now()) / (base.length - i))) // for each door its share
      try {
        return await get(base[(first + i) % base.length] + path, Date.now() + left)
      } catch (error) {
        last = error
      }
    }
    throw last
  }
  return globalThis.zgSample({
    ...options, timeout,
    preimage: () => ask('/preimage'),
    chunk: (row, chunk) => ask(`/chunks/${row}/${chunk}`),
  })
}

// get fetches a small body, again while the door says that it is busy.
async function get(url, until) {
  for (;;) {
    const answer = await fetch(url, { cache: 'no-store', credentials: 'omit', referrerPolicy: 'no-referrer', signal: AbortSignal.timeout(Math.max(1, until - Date.now())) })
    if (answer.ok) return read(answer)
    await answer.body?.cancel()
    const wait = 1000 * Number(answer.headers.get('Retry-After') ?? 1)
    if (answer.status !== 429 || !(Date.now() + wait < until)) throw new Error(`HTTP ${answer.status}`)
    await new Promise((resume) => setTimeout(resume, wait))
  }
}

// read takes a body of at most maxAnswer bytes.
async function read(answer) {
  const out = new Uint8Array(maxAnswer)
  let size = 0
  const reader = answer.body.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return out.slice(0, size)
    if (size + value.length > maxAnswer) {
      await reader.cancel()
      throw new Error(`more than ${maxAnswer} bytes`)
    }
    out.set(value, size)
    size += value.length
  }
}
