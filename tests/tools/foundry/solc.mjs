#!/usr/bin/env node
// The npm solc under the two faces forge asks for: --version and --standard-json.
import { readFileSync } from 'node:fs'
import solc from 'solc'
const version = `solc, the solidity compiler\nVersion: ${solc.version().replace('Emscripten.clang', 'Linux.g++')}`
const find = (path) => ({ contents: readFileSync(path, 'utf8') }) // of npm libraries, outside the project
console.log(process.argv.includes('--version') ? version : solc.compile(readFileSync(0, 'utf8'), { import: find }))
