/** kstatus' words for how an object is. */
export interface Status {
  readonly status: 'Current' | 'InProgress' | 'Failed' | 'Terminating' | 'NotFound' | 'Unknown'
  readonly message: string
}

export const current = (message: string): Status => ({ status: 'Current', message })
export const inProgress = (message: string): Status => ({ status: 'InProgress', message })
export const failed = (message: string): Status => ({ status: 'Failed', message })
