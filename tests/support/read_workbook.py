"""Reads workbooks of ours with openpyxl and prints a line per cell: sheet, cell, type, value, format.
With several files a line FILE|name stands before each."""
import sys

import openpyxl

for name in sys.argv[1:]:
    if len(sys.argv) > 2:
        print(f"FILE|{name}")
    for sheet in openpyxl.load_workbook(name):
        print(f"{sheet.title}|sheet|{sheet.freeze_panes}|{sheet.auto_filter.ref}|{sheet.dimensions}")
        for row in sheet.iter_rows():
            for cell in row:
                if cell.value is not None:
                    print(f"{sheet.title}|{cell.coordinate}|{cell.data_type}|{cell.value!r}|{cell.number_format}")
