import type { LoadedObject } from 'nlbpf';
import type { Case, Datapath, Options } from '../options.js';
import { dumpMap, showMap, updateMap } from '../report/map.js';
import type { Output } from '../report/output.js';
import { DEVICES, PIN_DIRECTORY } from '../topology.js';
import type { Undo } from '../undo.js';
import { Programs } from './programs.js';
import { connect, openLab } from './setup.js';
import type { Lab } from './side.js';
import type { State } from './state.js';
import { createTunnel } from './tunnel.js';

/** All that is set up for one case; the redirect program is loaded, and not yet attached. */
export interface Built {
  readonly lab: Lab;
  readonly datapath: Datapath;
  readonly programs: Programs;
  readonly guard: LoadedObject;
  readonly redirect: LoadedObject;
  readonly tunIface: number;
}

/** Sets one case up, from the namespaces to the map with the tunnel's index; `undo` takes it down. */
export function build(
  kase: Case,
  options: Pick<Options, 'host' | 'datapath'>,
  run: number,
  state: State,
  undo: Undo,
  output: Output,
): Built {
  const tell = (what: string): void => output.step(what);
  output.section('Set-up');
  const lab = openLab(options.host, undo, tell);
  connect(lab, options.host, state, undo, tell);
  const datapath = createTunnel(lab, kase, options.datapath, state, undo, tell);
  output.datapath(datapath, options.datapath);

  output.section('Programs and the pinned map');
  const programs = new Programs(run, undo, tell);
  for (const dev of [DEVICES.ve1, DEVICES.ve2]) lab.host.tc.qdiscs.add({ dev, kind: 'clsact' });
  lab.ns2.tc.qdiscs.add({ dev: DEVICES.vens2, kind: 'clsact' });
  const guard = programs.loadConfigured('guard');
  programs.attach(lab.ns2, DEVICES.vens2, 'ingress', 1, guard, 'guard');
  programs.attach(lab.host, DEVICES.ve2, 'ingress', 1, programs.loadConfigured('forward'), 'forward');
  if (datapath === 'bpf') programs.attachTunnels(lab, kase);
  const redirect = programs.loadConfigured(`redirect_${kase.tunnel}`);
  const tunIface = lab.host.rt.links.get(DEVICES.tun1).index;
  showMapSteps(tunIface, output);
  return { lab, datapath, programs, guard, redirect, tunIface };
}

/** What the user's notes do with bpftool; the value is in host byte order. */
function showMapSteps(tunIface: number, output: Output): void {
  const path = `${PIN_DIRECTORY}/tun_iface`;
  output.lines(`map show pinned ${path}`, showMap(path));
  output.lines(`map update pinned ${path}: ${DEVICES.tun1} has index ${tunIface}`, updateMap(path, 0, tunIface));
  output.lines(`map dump pinned ${path}: host byte order`, dumpMap(path));
}
