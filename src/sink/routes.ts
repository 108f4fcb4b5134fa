/** The HTTP API's routes but for the live feed. */
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { FlowsQuery } from './flow-view.ts';
import {
  errorSchema,
  flowDetailSchema,
  flowsQuerySchema,
  flowsSchema,
  healthSchema,
  statusSchema,
  type Flow,
  type FlowDetail,
  type Status,
} from './messages.ts';

/** What the API tells. */
export type ApiSource = {
  status(): Status;
  /** undefined while every program is attached, else what is wrong. */
  failure(): string | undefined;
  flows(query: FlowsQuery): { known: number; matching: number; flows: Flow[] };
  flow(id: string): FlowDetail | undefined;
};

export function registerRoutes(instance: FastifyInstance, source: ApiSource): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  app.get('/healthz', { schema: { response: { 200: healthSchema, 503: healthSchema } } }, (_request, reply) => {
    const reason = source.failure();
    if (reason === undefined) void reply.send({ status: 'ok' });
    else void reply.code(503).send({ status: 'failing', reason });
  });
  app.get('/api/v1/status', { schema: { response: { 200: statusSchema } } }, () => source.status());
  app.get('/api/v1/flows', { schema: { querystring: flowsQuerySchema, response: { 200: flowsSchema } } }, (request) =>
    source.flows(request.query),
  );
  const params = z.object({ id: z.string().max(40) });
  const detail = { schema: { params, response: { 200: flowDetailSchema, 404: errorSchema } } };
  app.get('/api/v1/flows/:id', detail, (request, reply) => {
    const flow = source.flow(request.params.id);
    if (flow === undefined) void reply.code(404).send({ error: `no flow has the id ${request.params.id}` });
    else void reply.send(flow);
  });
}
