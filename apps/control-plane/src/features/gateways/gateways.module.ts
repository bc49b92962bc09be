import { Module } from '@nestjs/common';
import { ResourcesModule } from '../resources/resources.module.ts';
import { DefaultGateway } from './default-gateway.ts';
import { GatewayRules } from './gateway-rules.ts';

@Module({ imports: [ResourcesModule], providers: [DefaultGateway, GatewayRules] })
export class GatewaysModule {}
