// Holds values against the shapes of schemas/eth.json: check.mjs FILE, where
// FILE is a list of {label, schema, value}.
import { readFileSync } from 'node:fs'
import Ajv from 'ajv/dist/2020.js'

const ajv = new Ajv({ strict: false, allErrors: true })
ajv.addSchema(JSON.parse(readFileSync(new URL('schemas/eth.json', import.meta.url))))
let bad = 0
const cases = JSON.parse(readFileSync(process.argv[2]))
for (const { label, schema, value } of cases) {
  const fits = ajv.getSchema(`eth#/$defs/${schema}`)
  if (!fits) throw new Error(`${label}: no schema ${schema}`)
  if (fits(value)) continue
  bad++
  console.log(`${label}: not a ${schema}: ${ajv.errorsText(fits.errors)}\n  ${JSON.stringify(value).slice(0, 600)}`)
}
console.log(`${cases.length - bad} of ${cases.length} results fit`)
process.exit(bad ? 1 : 0)
