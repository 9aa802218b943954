import { type NetNs, RtNetlink, type Sysctl, sysctl, TrafficControl } from 'nlbpf';

/** One network namespace of the demo, and the means to configure it from here. */
export class Side {
  readonly name: string;
  readonly netns: NetNs;
  readonly rt: RtNetlink;
  readonly tc: TrafficControl;
  readonly sysctl: Sysctl;

  constructor(name: string, netns: NetNs) {
    this.name = name;
    this.netns = netns;
    this.rt = new RtNetlink({ netns });
    this.tc = new TrafficControl(this.rt);
    this.sysctl = sysctl(netns);
  }

  close(): void {
    this.rt.close();
    this.netns.close();
  }
}

/** The three namespaces. */
export interface Lab {
  readonly host: Side;
  readonly ns1: Side;
  readonly ns2: Side;
}
