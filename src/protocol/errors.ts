/**
 * An error of AWS's front end, which answers before any operation runs. Modelled errors are not these.
 */
export class FrameworkError extends Error {
  override readonly name = 'FrameworkError'
  /** The exception's name as it goes into `__type`. */
  readonly code: string
  readonly status: number
  /** What goes beside `__type` and the message. */
  readonly members: object

  /** Without a message the answer has none, as AWS's UnknownOperationException. */
  constructor(code: string, message?: string, status = 400, members: object = {}) {
    super(message)
    this.code = code
    this.status = status
    this.members = members
  }
}

/** Observed at Athena, whose front end is the same; 400, although the common-errors page says 404. */
export function unknownOperation(): FrameworkError {
  return new FrameworkError('UnknownOperationException')
}

/** No fixed text is known; these follow AWS's Java front ends. */
export function serializationError(message: string): FrameworkError {
  return new FrameworkError('SerializationException', message)
}

/** ECR API reference, common errors. */
export function entityTooLarge(limitInBytes: number): FrameworkError {
  return new FrameworkError(
    'RequestEntityTooLargeException',
    `The request is larger than ${limitInBytes} bytes`,
    413,
  )
}
