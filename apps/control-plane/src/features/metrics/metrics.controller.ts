import { Controller, Get, Req, Res } from '@nestjs/common';
import { exposition, metricsFormatFor, metricsMediaTypes } from '@sluice/telemetry';
import type { Request, Response } from 'express';
import { ControlPlaneMetrics } from '../../platform/metrics/control-plane-metrics.ts';

/**
 * For Prometheus. It needs a token with any role, as all that tells how busy this control plane is
 * and how many nodes it has: `authorization` in `scrape_configs`, with a token of the role viewer.
 */
@Controller()
export class MetricsController {
  constructor(private readonly metrics: ControlPlaneMetrics) {}

  @Get('metrics')
  read(@Req() request: Request, @Res() response: Response): void {
    const format = metricsFormatFor(request.headers.accept);
    const content = Buffer.from([...exposition(this.metrics.registry.snapshot(), format)].join(''));
    response.setHeader('Content-Type', metricsMediaTypes[format]);
    response.setHeader('Cache-Control', 'no-store');
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('Content-Length', content.length);
    response.end(request.method === 'HEAD' ? undefined : content);
  }
}
