"""What Textual writes to the terminal for a widget."""


def painted(app, widget):
    """Bring a widget to the terminal's bytes, as a frame does; the number of segments."""
    # Textual has no public way to paint without a terminal
    compositor = app.screen._compositor
    compositor.update_widgets({widget})
    update = compositor.render_update(screen_stack=app._background_screens)
    return len(update.render_segments(app.console)) if update else 0
