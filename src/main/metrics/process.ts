import { collectDefaultMetrics, Gauge, type Registry } from 'prom-client'

/** How often the event loop is looked at, in milliseconds. */
const eventLoopMonitoringPrecision = 100

/** The process itself: by Prometheus' usual names, by those of Node.js, and by the two of Go that Flux's dashboard reads. */
export function watchProcess(register: Registry): void {
  collectDefaultMetrics({ register, eventLoopMonitoringPrecision })
  const registers = [register]
  const info = new Gauge({ name: 'go_info', help: 'One, for a process of Node.js.', labelNames: ['version'], registers })
  info.set({ version: `node ${process.version}` }, 1)
  const memory = new Gauge({
    name: 'go_memstats_alloc_bytes',
    help: 'Bytes in use on the heap of Node.js and beside it.',
    registers: [],
    collect() {
      const { heapUsed, external } = process.memoryUsage()
      this.set(heapUsed + external)
    },
  })
  register.registerMetric(memory)
}
