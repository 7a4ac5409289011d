// Run in the page by test_access.py: every text that can be seen, with the contrast between it and what lies under it.
() => {
  const UNSEEN = ".unseen, .spoiler, option, script, noscript";
  const paint = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const pixel = (layers) => {
    paint.clearRect(0, 0, 1, 1);
    for (const layer of layers) { paint.fillStyle = layer; paint.fillRect(0, 0, 1, 1); }
    return [...paint.getImageData(0, 0, 1, 1).data];
  };
  const linear = (one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4);
  const light = (colour) => {
    const [r, g, b] = colour.map((one) => linear(one / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode());) {
    const parent = node.parentElement;
    if (!node.data.trim() || !parent.checkVisibility({ visibilityProperty: true }) || parent.closest(UNSEEN)) continue;
    const layers = [];
    let isPicture = false;
    for (let at = parent; at && !isPicture; at = at.parentElement) {
      const { backgroundColor, backgroundImage } = getComputedStyle(at);
      isPicture = backgroundImage !== "none";
      layers.unshift(backgroundColor);
      if (pixel(layers)[3] === 255) break;
    }
    if (isPicture) continue;
    const under = pixel(layers), over = pixel([...layers, getComputedStyle(parent).color]);
    const [high, low] = [light(under), light(over)].sort((left, right) => right - left);
    found.push({ text: node.data.trim().slice(0, 40), where: parent.className || parent.tagName, contrast: (high + 0.05) / (low + 0.05) });
  }
  return found;
}
