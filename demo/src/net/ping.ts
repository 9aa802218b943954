import { setTimeout as sleep } from 'node:timers/promises';
import { Memory, type NetNs, Socket } from 'nlbpf';
import { echoRequest, ICMP, ICMPV6, sockaddr } from './icmp.js';

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_RAW = 3;
const PAYLOAD = 56;
const INTERVAL_MS = 200;

export interface PingReply {
  readonly sequence: number;
  readonly ttl: number | undefined;
  readonly milliseconds: number;
}

export interface PingResult {
  /** The namespace that it was sent from. */
  readonly from: string;
  readonly destination: string;
  readonly id: number;
  readonly sent: number;
  readonly replies: readonly PingReply[];
  /** The lines that ping(8) prints. */
  readonly lines: readonly string[];
}

export interface PingOptions {
  readonly netns: NetNs;
  readonly from: string;
  readonly destination: string;
  readonly id: number;
  readonly count: number;
  /** How long to wait for each reply. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly onLine: (line: string) => void;
}

/** ping(8), by a raw ICMP socket opened in a namespace. */
export async function ping(options: PingOptions): Promise<PingResult> {
  const { netns, destination, count, signal } = options;
  const isV4 = !destination.includes(':');
  const kind = isV4 ? ICMP : ICMPV6;
  const socket = Socket.open(isV4 ? AF_INET : AF_INET6, SOCK_RAW, kind.protocol, { netns, what: 'a ping socket' });
  const lines: string[] = [];
  const say = (line: string): void => {
    lines.push(line);
    options.onLine(line);
  };
  try {
    say(`PING ${destination} ${PAYLOAD} data bytes, from ${options.from}`);
    const replies: PingReply[] = [];
    const begun = performance.now();
    for (let sequence = 1; sequence <= count; sequence++) {
      if (sequence > 1) await sleep(INTERVAL_MS, undefined, { signal });
      const sentAt = performance.now();
      socket.sendTo(echoRequest(kind.request, options.id, sequence, PAYLOAD), sockaddr(destination));
      const reply = await answer(socket, isV4, options, sequence, sentAt);
      if (reply === undefined) continue;
      replies.push(reply);
      const ttl = reply.ttl === undefined ? '' : ` ttl=${reply.ttl}`;
      say(
        `${PAYLOAD + 8} bytes from ${destination}: icmp_seq=${sequence}${ttl} time=${reply.milliseconds.toFixed(3)} ms`,
      );
    }
    for (const line of statistics(destination, count, replies, performance.now() - begun)) say(line);
    return { from: options.from, destination, id: options.id, sent: count, replies, lines };
  } finally {
    socket.close();
  }
}

/** Waits for the reply to one request, until its time is up. */
async function answer(
  socket: Socket,
  isV4: boolean,
  { id, timeoutMs, signal }: PingOptions,
  sequence: number,
  sentAt: number,
): Promise<PingReply | undefined> {
  const memory = Memory.allocate(2048);
  const timeUp = AbortSignal.timeout(timeoutMs);
  for (;;) {
    try {
      await socket.readable(AbortSignal.any([timeUp, signal]));
    } catch (error) {
      signal.throwIfAborted();
      if (timeUp.aborted) return undefined;
      throw error;
    }
    const length = socket.receive(memory);
    if (length < 0) continue;
    const milliseconds = performance.now() - sentAt;
    const headerLength = isV4 ? 4 * (memory.bytes[0]! & 15) : 0;
    if (length < headerLength + 8) continue;
    const view = new DataView(memory.bytes.buffer, headerLength, 8);
    const isReply = view.getUint8(0) === (isV4 ? ICMP.reply : ICMPV6.reply);
    if (!isReply || view.getUint16(4) !== id || view.getUint16(6) !== sequence) continue;
    return { sequence, ttl: isV4 ? memory.bytes[8] : undefined, milliseconds };
  }
}

function statistics(destination: string, sent: number, replies: readonly PingReply[], elapsed: number): string[] {
  const loss = Math.round((100 * (sent - replies.length)) / sent);
  const lines = [
    `--- ${destination} ping statistics ---`,
    `${sent} packets transmitted, ${replies.length} received, ${loss}% packet loss, time ${Math.round(elapsed)}ms`,
  ];
  if (replies.length === 0) return lines;
  const times = replies.map((reply) => reply.milliseconds);
  const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
  const deviation = Math.sqrt(times.reduce((sum, time) => sum + (time - mean) ** 2, 0) / times.length);
  const figures = [Math.min(...times), mean, Math.max(...times), deviation].map((figure) => figure.toFixed(3));
  return [...lines, `rtt min/avg/max/mdev = ${figures.join('/')} ms`];
}
