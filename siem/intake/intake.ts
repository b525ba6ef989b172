/**
 * Door: the intake, where records come in that no agent sends. Listeners find out whose a record is, spools keep
 * it until the stores have it, pumps carry it along the one road; every record is accounted for by source.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ServerCertificate } from '@demarc/platform/identity';
import { type ClearKind, SourceDirectory } from './directory.ts';
import { intakeErrors } from './errors.ts';
import { FileFollower } from './files/follower.ts';
import type { ReadEvtx } from './files/formats.ts';
import { type HttpListener, listenForHttp } from './http/listener.ts';
import { RunningSource, type SourceDefinition, type SourceDeps } from './source.ts';
import { type DatagramListener, listenForDatagrams } from './syslog/datagrams.ts';
import { listenForStreams, type StreamListener } from './syslog/streams.ts';

export { type Administration, type AdministrationDeps, administration } from './admin/administration.ts';
export { baseEvent } from './batch.ts';
export { intakeErrors } from './errors.ts';
export { SyslogFramer } from './framing/syslog-stream.ts';
export type { IntakeRecord, Normalise } from './record.ts';
export { RunningSource, type SourceDefinition } from './source.ts';

interface Listen {
  readonly host: string;
  readonly port: number;
}

export interface IntakeListen {
  readonly http?: Listen | undefined;
  readonly https?: Listen | undefined;
  readonly syslogUdp?: Listen | undefined;
  readonly syslogTcp?: Listen | undefined;
  readonly syslogTls?: Listen | undefined;
  /** Ports that sources may have for their own, first and last. */
  readonly ports?: { readonly from: number; readonly to: number } | undefined;
}

export interface IntakeOptions extends Omit<SourceDeps, 'directory'> {
  /** Where the spools are; mode 0700. */
  readonly directory: string;
  readonly listen: IntakeListen;
  readonly server: ServerCertificate;
  readonly authorityPem: string;
  /** Below it, a directory for each tenant whose files may be read. */
  readonly filesRoot?: string | undefined;
  readonly readEvtx?: ReadEvtx;
  readonly filesPollMs?: number;
}

/** Of the whole intake, beside what each source has. */
export interface IntakeFigures {
  /** Connections, datagrams and requests of which nobody knows whose they are. */
  strangers: number;
  kernelDrops: number;
}

type Listener = StreamListener | DatagramListener | HttpListener;

export class Intake implements AsyncDisposable {
  readonly sources = new SourceDirectory();
  readonly options: IntakeOptions;
  readonly #common: Listener[] = [];
  readonly #own = new Map<string, Promise<Listener>>();
  readonly #followers = new Map<string, FileFollower>();
  #strangers = 0;

  constructor(options: IntakeOptions) {
    this.options = options;
    mkdirSync(options.directory, { recursive: true, mode: 0o700 });
  }

  get figures(): IntakeFigures {
    const kernelDrops = this.#common.reduce(
      (sum, one) => sum + ('kernelDrops' in one ? one.kernelDrops() : 0),
      0,
    );
    return { strangers: this.#strangers, kernelDrops };
  }

  /** Ports that were bound, for those that were asked for as 0. */
  readonly ports: { http?: number; https?: number; udp?: number; tcp?: number; tls?: number } = {};

  /** @throws what the system says when a port cannot be had; the error names the setting as `setting` */
  async listen(): Promise<void> {
    const { http, https, syslogUdp, syslogTcp, syslogTls } = this.options.listen;
    const tls = { ...this.options.server, authorityPem: this.options.authorityPem };
    if (http !== undefined) this.ports.http = await this.#add('HTTP', () => this.#http(http));
    if (https !== undefined) this.ports.https = await this.#add('HTTPS', () => this.#http(https, tls));
    if (syslogUdp !== undefined)
      this.ports.udp = await this.#add('SYSLOG_UDP', () => this.#datagrams(syslogUdp, null));
    if (syslogTcp !== undefined)
      this.ports.tcp = await this.#add('SYSLOG_TCP', () => this.#streams(syslogTcp, null));
    if (syslogTls !== undefined)
      this.ports.tls = await this.#add('SYSLOG_TLS', () =>
        listenForStreams({
          ...syslogTls,
          tls,
          sourceOf: ({ fingerprint }) =>
            fingerprint === undefined ? undefined : this.sources.byFingerprint(fingerprint),
          onStranger: this.#stranger,
          now: this.options.now,
        }),
      );
  }

  /** For connections from now on. */
  present(certificate: ServerCertificate): void {
    for (const listener of this.#common) if ('present' in listener) listener.present(certificate);
  }

  /** @throws INTAKE_SOURCE_CLASH, INTAKE_LISTENER_OFF, INTAKE_PORT_REFUSED, INTAKE_PATH_REFUSED */
  refuse(definition: SourceDefinition): void {
    this.sources.refuseClash(definition);
    const { settings } = definition;
    const { listen, filesRoot } = this.options;
    const off = (setting: string) =>
      intakeErrors.make('INTAKE_LISTENER_OFF', { kind: settings.kind, setting });
    switch (settings.kind) {
      case 'syslog-udp':
      case 'syslog-tcp': {
        const isUdp = settings.kind === 'syslog-udp';
        if ((isUdp ? listen.syslogUdp : listen.syslogTcp) === undefined)
          throw off(isUdp ? 'DEMARC_INTAKE_SYSLOG_UDP' : 'DEMARC_INTAKE_SYSLOG_TCP');
        this.#refusePort(settings.port);
        break;
      }
      case 'syslog-tls':
        if (listen.syslogTls === undefined) throw off('DEMARC_INTAKE_SYSLOG_TLS');
        break;
      case 'http':
      case 'webhook':
        if (listen.http === undefined && listen.https === undefined) throw off('DEMARC_INTAKE_HTTP');
        break;
      case 'file':
        if (filesRoot === undefined) throw off('DEMARC_INTAKE_FILES');
        if (settings.path.split('/').includes('..'))
          throw intakeErrors.make('INTAKE_PATH_REFUSED', {
            path: settings.path,
            because: 'it leads upwards',
          });
    }
  }

  /** Starts a source; its port, if it has its own, is bound. @throws INTAKE_PORT_REFUSED */
  async add(definition: SourceDefinition): Promise<RunningSource> {
    await this.#bindOwn(definition);
    const source = new RunningSource(definition, this.options);
    this.sources.add(source);
    const { settings, tenant, sourceId } = definition;
    const { filesRoot, readEvtx, filesPollMs, now, log, directory } = this.options;
    if (settings.kind === 'file' && filesRoot !== undefined) {
      const follower = new FileFollower({
        source,
        settings,
        root: join(filesRoot, tenant.tenantId),
        notePath: join(directory, tenant.tenantId, sourceId, 'files'),
        ...(readEvtx === undefined ? {} : { readEvtx }),
        ...(filesPollMs === undefined ? {} : { pollMs: filesPollMs }),
        now,
        log,
      });
      this.#followers.set(sourceId, follower);
    }
    return source;
  }

  change(source: RunningSource, definition: SourceDefinition): void {
    source.change(definition);
    this.sources.changed();
  }

  /** Stops it, and deletes what waits. */
  async remove(source: RunningSource): Promise<void> {
    this.sources.remove(source);
    await this.#followers.get(source.definition.sourceId)?.[Symbol.asyncDispose]();
    this.#followers.delete(source.definition.sourceId);
    await source[Symbol.asyncDispose]();
    source.remove();
    await this.#releaseOwn(source.definition);
  }

  /** First those that bring records, then those that carry them. */
  async [Symbol.asyncDispose](): Promise<void> {
    const own = await Promise.all(this.#own.values());
    await Promise.all(
      [...this.#common, ...own, ...this.#followers.values()].map((one) => one[Symbol.asyncDispose]()),
    );
    await Promise.all(this.sources.all().map((source) => source[Symbol.asyncDispose]()));
  }

  async #add(setting: string, start: () => Promise<Listener>): Promise<number> {
    try {
      const listener = await start();
      this.#common.push(listener);
      return listener.port;
    } catch (error) {
      throw Object.assign(error as Error, { setting: `DEMARC_INTAKE_${setting}` });
    }
  }

  #refusePort(port: number | null): void {
    if (port === null) return;
    const { ports } = this.options.listen;
    const because =
      ports === undefined
        ? 'no ports are set aside (DEMARC_INTAKE_PORTS)'
        : port < ports.from || port > ports.to
          ? `ports ${ports.from} to ${ports.to} are set aside`
          : undefined;
    if (because !== undefined) throw intakeErrors.make('INTAKE_PORT_REFUSED', { port, because });
  }

  async #bindOwn({ settings }: SourceDefinition): Promise<void> {
    const own = ownPort(settings);
    if (own === undefined) return;
    const { host } = (own.kind === 'syslog-udp'
      ? this.options.listen.syslogUdp
      : this.options.listen.syslogTcp) ?? {
      host: '127.0.0.1',
    };
    const at = { host, port: own.port };
    const start = () =>
      own.kind === 'syslog-udp' ? this.#datagrams(at, own.port) : this.#streams(at, own.port);
    const listener = this.#own.get(own.key) ?? start();
    this.#own.set(own.key, listener);
    try {
      await listener;
    } catch (error) {
      this.#own.delete(own.key);
      const because = error instanceof Error ? error.message : String(error);
      throw intakeErrors.make('INTAKE_PORT_REFUSED', { port: own.port, because }, { cause: error });
    }
  }

  async #releaseOwn({ settings }: SourceDefinition): Promise<void> {
    const own = ownPort(settings);
    if (own === undefined) return;
    const isShared = this.sources
      .all()
      .some(({ definition }) => ownPort(definition.settings)?.key === own.key);
    if (isShared) return;
    const listener = await this.#own.get(own.key);
    this.#own.delete(own.key);
    await listener?.[Symbol.asyncDispose]();
  }

  #http(at: Listen, tls?: ServerCertificate & { readonly authorityPem: string }): Promise<HttpListener> {
    return listenForHttp({
      ...at,
      ...(tls === undefined ? {} : { tls }),
      byToken: (hash) => this.sources.byToken(hash),
      byId: (sourceId) => this.sources.byId(sourceId),
      onStranger: this.#stranger,
      now: this.options.now,
      log: this.options.log,
    });
  }

  #datagrams(at: Listen, port: number | null): Promise<DatagramListener> {
    return listenForDatagrams({
      ...at,
      sourceOf: (address) => this.sources.byPeer('syslog-udp', port, address),
      onStranger: this.#stranger,
      now: this.options.now,
    });
  }

  #streams(at: Listen, port: number | null): Promise<StreamListener> {
    return listenForStreams({
      ...at,
      sourceOf: ({ address }) => this.sources.byPeer('syslog-tcp', port, address),
      onStranger: this.#stranger,
      now: this.options.now,
    });
  }

  readonly #stranger = (): void => {
    this.#strangers += 1;
  };
}

function ownPort(
  settings: SourceDefinition['settings'],
): { readonly kind: ClearKind; readonly port: number; readonly key: string } | undefined {
  if (settings.kind !== 'syslog-udp' && settings.kind !== 'syslog-tcp') return undefined;
  const { kind, port } = settings;
  return port === null ? undefined : { kind, port, key: `${kind} ${port}` };
}
