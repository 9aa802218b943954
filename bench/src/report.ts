import { markdownTable } from 'markdown-table';
import type { Result } from './run.js';

const HEAD = ['work', 'by', 'cpu µs', 'min', 'wall µs', 'min', 'MiB', '× cpu', '× wall'];

/** The results as a table that is also Markdown. */
export function table(results: readonly Result[]): string {
  const rows = results.map((result, index) => {
    const first = results[index - 1]?.workload !== result.workload;
    return [
      first ? `${result.workload}, per ${result.unit}` : '',
      result.contestant,
      ...[result.cpu.median, result.cpu.min, result.wall.median, result.wall.min].map(digits),
      result.rss.toFixed(0),
      result.ratio.cpu.toFixed(2),
      result.ratio.wall.toFixed(2),
    ];
  });
  return markdownTable([HEAD, ...rows], { align: ['l', 'l', 'r', 'r', 'r', 'r', 'r', 'r', 'r'] });
}

/** Three digits that count, without an exponent. */
function digits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
