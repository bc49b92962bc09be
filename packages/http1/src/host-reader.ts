/**
 * HostReader: the host of each request of a connection, checked against the target. Most requests
 * of a connection name the same host, so the last value and its result are kept.
 */
import { isHttp1Fault } from './faults.ts';
import type { Http1FaultCode } from './faults.ts';
import { normalizeHost } from './host.ts';
import { splitAbsoluteTarget } from './target-form.ts';
import type { TargetForm } from './target-form.ts';

export class HostReader {
  host = '';
  port: number | undefined = undefined;
  /** Host and port together. */
  authority = '';
  private lastValue: string | undefined = undefined;

  /**
   * Reads a Host value and compares it with the authority of the target, if the target has one.
   *
   * @returns the fault of either, or `host_disagrees`
   */
  read(value: string, form: TargetForm, target: string): Http1FaultCode | undefined {
    if (value !== this.lastValue) {
      const read = normalizeHost(value);
      if (isHttp1Fault(read)) return read.code;
      this.host = read.host;
      this.port = read.port;
      this.authority = read.port === undefined ? read.host : `${read.host}:${read.port}`;
      this.lastValue = value;
    }
    if (form === 'absolute') return this.compare(target);
    if (form === 'authority') return faultOfAuthority(target);
    return undefined;
  }

  /**
   * Reads the host of a request without Host, which HTTP/1.0 allows: the host of an absolute
   * target. Otherwise host and authority are empty.
   */
  readTarget(form: TargetForm, target: string): Http1FaultCode | undefined {
    if (form === 'absolute') {
      const parts = splitAbsoluteTarget(target);
      return parts === undefined
        ? 'invalid_target_form'
        : this.read(parts.authority, 'origin', target);
    }
    this.lastValue = undefined;
    this.host = '';
    this.port = undefined;
    this.authority = '';
    return form === 'authority' ? faultOfAuthority(target) : undefined;
  }

  /**
   * RFC 9112 section 3.2.2: the authority of the target takes precedence. A Host header that
   * differs is refused here.
   */
  private compare(target: string): Http1FaultCode | undefined {
    const parts = splitAbsoluteTarget(target);
    if (parts === undefined) return 'invalid_target_form';
    const authority = normalizeHost(parts.authority);
    if (isHttp1Fault(authority)) return authority.code;
    const defaultPort = parts.scheme === 'https' ? 443 : 80;
    const agrees =
      authority.host === this.host &&
      (authority.port ?? defaultPort) === (this.port ?? defaultPort);
    return agrees ? undefined : 'host_disagrees';
  }
}

function faultOfAuthority(target: string): Http1FaultCode | undefined {
  const authority = normalizeHost(target);
  if (isHttp1Fault(authority)) return authority.code;
  return authority.port === undefined ? 'invalid_port' : undefined;
}
