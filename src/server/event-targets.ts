import type { Envelope } from '../domain/events.ts'
import { callService } from '../protocol/client.ts'

/** Where events are sent to. */
export interface EventTarget {
  /** What tells this target from others in the store. */
  readonly name: string
  /** @throws when the event was not taken */
  send(event: Envelope, signal: AbortSignal): Promise<void>
}

/** Posts each event, as JSON, to a URL. */
export function webhook(url: string): EventTarget {
  return {
    name: url,
    async send(event, signal) {
      const headers = { 'content-type': 'application/json' }
      const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(event), signal })
      await response.body?.cancel()
      if (!response.ok) throw new Error(`${url} answered ${response.status}`)
    },
  }
}

/**
 * Puts each event on the default bus of an EventBridge, as whoever owns the registry.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
 */
export function eventBridge(url: string): EventTarget {
  return {
    name: url,
    async send(event, signal) {
      const { source, account, region, time, resources, detail } = event
      const endpoint = { url, region, accessKeyId: account, secretAccessKey: 'test' }
      const entry = {
        Source: source,
        DetailType: event['detail-type'],
        Detail: JSON.stringify(detail),
        Resources: resources,
        Time: Date.parse(time) / 1000,
      }
      const answer = (await callService(
        endpoint,
        'events',
        'AWSEvents.PutEvents',
        { Entries: [entry] },
        signal,
      )) as {
        FailedEntryCount?: number
        Entries?: { ErrorCode?: string; ErrorMessage?: string }[]
      }
      if (!answer.FailedEntryCount) return
      const { ErrorCode, ErrorMessage } = answer.Entries?.[0] ?? {}
      throw new Error(`${url} refused an event: ${ErrorCode} ${ErrorMessage ?? ''}`)
    },
  }
}
