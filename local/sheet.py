"""A contact sheet: all pictures of a run on one page, with captions."""

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

HEIGHT, GAP, LINE = 360, 16, 26
PAGE_WIDTH = 1800
PAPER, INK = (250, 249, 246), (60, 60, 60)


def make_sheet(pictures: list[tuple[str, Path]], file: Path) -> None:
    """Write a JPEG that shows every picture at one height, row by row."""
    font = ImageFont.load_default(16)
    cells = [(caption, _shrunk(path)) for caption, path in pictures]
    rows = _rows([cell for _, cell in cells])
    page = Image.new("RGB", (PAGE_WIDTH, GAP + len(rows) * (HEIGHT + LINE + GAP)), PAPER)
    draw = ImageDraw.Draw(page)
    captions = iter(caption for caption, _ in cells)
    for number, row in enumerate(rows):
        top = GAP + number * (HEIGHT + LINE + GAP)
        free = PAGE_WIDTH - sum(cell.width for cell in row) - GAP * (len(row) - 1)
        left = free // 2
        for cell in row:
            page.paste(cell, (left, top))
            draw.text((left, top + HEIGHT + 4), next(captions), INK, font)
            left += cell.width + GAP
    file.parent.mkdir(parents=True, exist_ok=True)
    page.save(file, "JPEG", quality=90)


def _shrunk(path: Path) -> Image.Image:
    with Image.open(path) as picture:
        width = round(picture.width * HEIGHT / picture.height)
        return picture.convert("RGB").resize((width, HEIGHT), Image.Resampling.LANCZOS)


def _rows(cells: list[Image.Image]) -> list[list[Image.Image]]:
    rows: list[list[Image.Image]] = [[]]
    for cell in cells:
        used = sum(one.width + GAP for one in rows[-1])
        if rows[-1] and used + cell.width > PAGE_WIDTH - 2 * GAP:
            rows.append([])
        rows[-1].append(cell)
    return rows
