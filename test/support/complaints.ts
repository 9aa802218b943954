import ts from 'typescript';
import { type Block, ROOT } from './docs.js';

const fileOf = ({ tags }: Block): string | undefined => tags.find((tag) => tag.endsWith('.ts'));

/** What the compiler says against blocks, by where they are. */
export function complaints(all: readonly Block[]): Map<string, string[]> {
  const config = ts.readConfigFile(`${ROOT}tsconfig.json`, ts.sys.readFile).config;
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
  // Examples leave their results lying about.
  Object.assign(options, { noUnusedLocals: false });
  const files = new Map(all.map((block, index) => [ROOT + (fileOf(block) ?? `docs/example-${index}.ts`), block]));
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (name) => files.has(name) || fileExists(name);
  host.readFile = (name) => files.get(name)?.code ?? readFile(name);
  host.getSourceFile = (name, target, ...rest) => {
    const block = files.get(name);
    return block === undefined ? getSourceFile(name, target, ...rest) : ts.createSourceFile(name, block.code, target);
  };
  const program = ts.createProgram([...files.keys()], options, host);
  return new Map(
    [...files].map(([name, { where }]) => {
      const file = program.getSourceFile(name);
      const found = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
      return [where, found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))];
    }),
  );
}
