/** Temporary credentials that STS gave out. */
export interface Session {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
  readonly accountId: string
  /** ARN of who acts with them. */
  readonly principalArn: string
  /** What GetCallerIdentity shows as UserId. */
  readonly userId: string
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

export interface SessionReads {
  find(accessKeyId: string): Promise<Session | undefined>
}

export interface SessionWrites {
  insert(session: Session): Promise<void>
  deleteExpired(now: number): Promise<void>
}
