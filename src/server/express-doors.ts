import type { IncomingMessage, ServerResponse } from 'node:http'
import express, { type NextFunction, type Request, type Response } from 'express'
import { z } from 'zod'
import { type OperatorDoor, operatorRouter } from '../operator/door.ts'
import { UnusableRequest } from '../operator/errors.ts'
import { type AwsDoor, awsDoor } from './aws-door.ts'

/** The doors that are not hot: the operator's and the AWS door. */
export function expressDoors(
  operator: OperatorDoor,
  aws: AwsDoor,
): (request: IncomingMessage, response: ServerResponse) => void {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.use('/_ecr-local', express.json({ limit: '10mb', type: () => true }))
  app.use(operatorRouter(operator))
  app.use('/_ecr-local', (request: Request, response: Response) => {
    response.status(404).json({ error: `There is no ${request.method} ${request.originalUrl}` })
  })
  app.use(awsDoor(aws))
  app.use((error: unknown, _request: Request, response: Response, next: NextFunction) => {
    if (response.headersSent) return next(error)
    const { status, message } = explain(error)
    if (status >= 500) aws.onFault(error)
    response.status(status).json({ error: message })
  })
  return app
}

/** What an operator is told: what is wrong with the request, or no more than that something broke. */
function explain(error: unknown): { status: number; message: string } {
  if (error instanceof UnusableRequest) return { status: 400, message: error.message }
  if (error instanceof z.ZodError) return { status: 400, message: z.prettifyError(error) }
  const { status, expose, message } = error as { status?: number; expose?: boolean; message: string }
  // body-parser's own errors: malformed JSON, a body that is too large.
  if (status !== undefined && expose) return { status, message }
  return { status: 500, message: 'The server failed; its log says why' }
}
