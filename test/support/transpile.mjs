// TypeScript in, CommonJS out: a JSON array of each, on stdin and stdout.
import { text } from 'node:stream/consumers';
import ts from 'typescript';

const compilerOptions = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, esModuleInterop: true };
const sources = JSON.parse(await text(process.stdin));
console.log(JSON.stringify(sources.map((code) => ts.transpileModule(code, { compilerOptions }).outputText)));
