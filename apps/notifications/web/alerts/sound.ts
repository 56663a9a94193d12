let context: AudioContext | undefined

/**
 * A short tone of two notes. Browsers let a page sound only after somebody has used it: before that nothing is heard.
 */
export function ring(): void {
  context ??= new AudioContext()
  void context.resume()
  note(context, 880, 0)
  note(context, 1174.7, 0.09)
}

/** One note with a soft beginning and end; a hard one clicks. Times in seconds. */
function note(audio: AudioContext, frequency: number, delay: number): void {
  const start = audio.currentTime + delay
  const volume = new GainNode(audio, { gain: 0 })
  volume.gain.setValueAtTime(0, start)
  volume.gain.linearRampToValueAtTime(0.12, start + 0.01)
  volume.gain.exponentialRampToValueAtTime(0.001, start + 0.35)
  const tone = new OscillatorNode(audio, { frequency })
  tone.connect(volume).connect(audio.destination)
  tone.start(start)
  tone.stop(start + 0.4)
}
